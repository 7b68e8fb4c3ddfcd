//! The table against a model of its own, and the words for each state.

use proptest::prelude::*;

use super::*;
use crate::domain::Code;

fn rejection() -> Rejection {
    Rejection::new(Code::Infected)
}

fn states() -> Vec<EntryState> {
    use EntryState as S;
    vec![
        S::Registered,
        S::Receiving,
        S::Verifying,
        S::Complete,
        S::Consumed,
        S::Cancelled,
        S::Expired,
        S::Failed(rejection()),
    ]
}

fn transitions() -> Vec<Transition> {
    use Transition as T;
    vec![T::Receive, T::Verify, T::Complete, T::Consume, T::Cancel, T::Expire, T::Fail(rejection())]
}

/// The design's picture, written another way: a road of five places, and three ways off the road
/// from all but the last.
fn model(from: &str, transition: &Transition) -> Option<&'static str> {
    const ROAD: [&str; 5] = ["registered", "receiving", "verifying", "complete", "consumed"];
    let place = ROAD.iter().position(|name| *name == from)?;
    let step = match transition {
        Transition::Receive => 0,
        Transition::Verify => 1,
        Transition::Complete => 2,
        Transition::Consume => 3,
        _ if place == 4 => return None,
        Transition::Cancel => return Some("cancelled"),
        Transition::Expire => return Some("expired"),
        Transition::Fail(_) => return Some("failed"),
    };
    (step == place).then(|| ROAD[place + 1])
}

#[test]
fn every_pair_is_as_the_model_says() {
    for from in states() {
        for transition in transitions() {
            let expected = model(from.as_str(), &transition);
            let next = from.apply(transition.clone());
            assert_eq!(
                next.as_ref().ok().map(EntryState::as_str),
                expected,
                "{from:?} {transition:?}"
            );
            if let Err(error) = next {
                assert_eq!(error, IllegalTransition { from: from.clone(), transition });
            }
        }
    }
}

#[test]
fn an_illegal_transition_says_what_was_tried() {
    let error = EntryState::Registered.apply(Transition::Verify).unwrap_err();
    assert_eq!(error.to_string(), "an entry that is registered can't be verified");
}

#[test]
fn a_failure_keeps_its_reason() {
    let failed = EntryState::Complete.apply(Transition::Fail(rejection())).unwrap();
    assert_eq!(failed, EntryState::Failed(rejection()));
}

#[test]
fn states_are_active_settled_or_terminal() {
    let names = |test: fn(&EntryState) -> bool| -> Vec<&str> {
        states().iter().filter(|state| test(state)).map(EntryState::as_str).collect()
    };
    assert_eq!(names(EntryState::is_active), ["registered", "receiving", "verifying"]);
    assert_eq!(
        names(EntryState::is_settled),
        ["complete", "consumed", "cancelled", "expired", "failed"]
    );
    assert_eq!(names(EntryState::is_terminal), ["consumed", "cancelled", "expired", "failed"]);
}

#[test]
fn the_wire_has_five_words() {
    let words: Vec<&str> = states().iter().map(EntryState::wire).collect();
    assert_eq!(
        words,
        [
            "uploading",
            "uploading",
            "verifying",
            "complete",
            "complete",
            "cancelled",
            "error",
            "error"
        ]
    );
}

#[test]
fn a_state_is_read_back_from_its_name() {
    for state in states() {
        let reason = match &state {
            EntryState::Failed(rejection) => Some(rejection.clone()),
            _ => None,
        };
        assert_eq!(EntryState::restore(state.as_str(), reason), Some(state));
    }
    assert_eq!(EntryState::restore("failed", None), None);
    assert_eq!(EntryState::restore("complete", Some(rejection())), None);
    assert_eq!(EntryState::restore("uploading", None), None);
}

proptest! {
    /// Whatever is tried in whatever order: an entry is complete only after it was verified, and a
    /// terminal state is the last.
    #[test]
    fn no_order_of_events_leads_around_the_table(
        tries in proptest::collection::vec(proptest::sample::select(transitions()), 0..40),
    ) {
        let mut state = EntryState::default();
        let mut verified = false;
        let mut terminal: Option<EntryState> = None;
        for transition in tries {
            if let Ok(next) = state.apply(transition) {
                prop_assert_ne!(&next, &state);
                state = next;
            }
            verified |= state == EntryState::Verifying;
            prop_assert!(verified || !matches!(state, EntryState::Complete | EntryState::Consumed));
            if let Some(terminal) = &terminal {
                prop_assert_eq!(terminal, &state);
            }
            terminal = terminal.or_else(|| state.is_terminal().then(|| state.clone()));
        }
    }
}
