use std::sync::mpsc;

use tokio::runtime::{Builder, Runtime};

use super::*;

fn runtime() -> Runtime {
    Builder::new_current_thread().max_blocking_threads(1).build().unwrap()
}

#[test]
fn steps_are_done_in_the_order_in_which_they_were_asked_for_whoever_waits() {
    runtime().block_on(async {
        for round in 0..200 {
            let lane =
                if round % 2 == 0 { Lane::of(Vec::new()) } else { Lane::patient(Vec::new()) };
            let answers: Vec<_> = (0..round % 7)
                .map(|number| {
                    let asked = lane.run(move |done| {
                        done.push(number);
                        done.len()
                    });
                    // Every other one is asked for by somebody who has gone.
                    (number % 2 == 0).then_some((number, asked))
                })
                .collect();
            for (number, asked) in answers.into_iter().rev().flatten() {
                assert_eq!(asked.await.unwrap(), number + 1);
            }
            let done = lane.run(|done| done.clone()).await.unwrap();
            assert_eq!(done, (0..round % 7).collect::<Vec<_>>());
        }
    });
}

#[test]
fn what_nothing_is_before_needs_no_runtime() {
    let lane = Lane::of(1);
    assert_eq!(lane.now(|number| *number += 1), Some(()));
    assert_eq!(lane.now(|number| *number), Some(2));
}

#[test]
fn behind_a_step_that_is_being_done_nothing_is_done_at_once() {
    runtime().block_on(async {
        let lane = Lane::of(());
        let (go, wait) = mpsc::channel::<()>();
        let step = lane.run(move |()| wait.recv().unwrap());
        assert!(lane.now(|()| ()).is_none());
        go.send(()).unwrap();
        step.await.unwrap();
        lane.run(|()| ()).await.unwrap();
    });
}

#[test]
fn nobody_waits_for_a_step_whose_runtime_has_gone() {
    let lane = Lane::of(());
    let gone = runtime();
    let handle = gone.handle().clone();
    gone.shutdown_background();
    let entered = handle.enter();
    let (first, second) = (lane.run(|()| ()), lane.run(|()| ()));
    drop(entered);
    runtime().block_on(async { assert!(first.await.is_err() && second.await.is_err()) });
}

#[test]
fn a_step_that_panics_takes_those_behind_it_along() {
    runtime().block_on(async {
        for lane in [Lane::of(()), Lane::patient(())] {
            let (first, second) = (lane.run(|()| panic!("a step")), lane.run(|()| ()));
            assert!(first.await.is_err() && second.await.is_err());
            assert!(lane.run(|()| ()).now_or_never().unwrap().is_err());
            assert!(lane.now(|()| ()).is_none());
        }
        // As many panics as there are threads, and more.
        for _ in 0..64 {
            assert!(Lane::patient(()).run(|()| panic!("a step")).await.is_err());
        }
        assert_eq!(Lane::patient(1).run(|number| *number).await.unwrap(), 1, "others go on");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_only_computed_leaves_the_processors_to_all_others() {
    let nice = || rustix::process::getpriority_process(None).unwrap();
    runtime().block_on(async {
        let lanes = (Lane::patient(()), Lane::of(()));
        let (patient, other) = (lanes.0.run(move |()| nice()), lanes.1.run(move |()| nice()));
        assert_eq!(patient.await.unwrap(), (nice() + patient::NICE).min(19));
        assert_eq!(other.await.unwrap(), nice());
    });
}
