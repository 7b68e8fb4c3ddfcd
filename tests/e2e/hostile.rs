//! Rig T7: honest uploads beside a mob of hostile clients. They go on, the server's memory stays within its budget, and when
//! the mob has gone nothing of it is left.
//!
//! `scripts/soak` asserts besides that the honest ones keep their share of the throughput. A test run does not: a machine
//! that is busy with other tests says nothing about that.
//!
//! Mob and server share a machine here, and the mob's own work is not what the promise is about. So the mob runs on
//! a thread of its own with the least priority there is (nice 19): the server and the honest clients have the CPU before
//! it. What it burns all the same is counted and printed, as is the server's, and so is how much of each attack was
//! delivered, because a mob that did nothing proves nothing.
//!
//! Priority is not all: the kernel carries a flood's bytes on the account of whoever happens to run, caches and memory are
//! shared, and with two cores that is much. On a network none of it would be the server's loss. So each round measures
//! three times: alone; beside the same mob against somebody who reads everything and does nothing ([`sink`], on the mob's
//! own thread, so that it takes nothing from anybody but the mob); and beside the mob against the server. The share is
//! the last to the second. The first is printed beside it.

mod attacks;
mod honest;
mod mob;
mod sink;

use std::path::Path;
use std::time::Instant;

use longshore::testing::until;

use self::honest::Honest;
use self::mob::{Mob, Size};
use crate::rig::{Chance, Loss, Site, setting};
use crate::server::Server;

const MIB: u64 = 1 << 20;
/// What the mob may cost the server in memory, in MiB: 32, and 40 KiB for each of its connections, as an idle page may.
const BUDGET: u64 = 32;
const CONNECTION_KIB: u64 = 40;

/// Seconds of CPU that a process or a thread has had, of its line in `/proc`.
pub(crate) fn seconds(stat: &str) -> f64 {
    let text = std::fs::read_to_string(stat).unwrap();
    // Behind the name, which may have spaces: state is the third field, utime and stime are the 14th and the 15th.
    let fields = text.rsplit_once(')').unwrap().1.split_whitespace();
    let ticks: u32 = fields.skip(11).take(2).map(|ticks| ticks.parse::<u32>().unwrap()).sum();
    f64::from(ticks) / 100.0
}

/// How fast the honest ones were, in MiB a second, and what the server's CPU did for it.
#[derive(Debug, Clone, Copy)]
struct Pace {
    mib_a_second: f64,
    cpu: f64,
    seconds: f64,
}

async fn measure(honest: &mut Honest<'_>, server: &Server, bytes: u64) -> Pace {
    let stat = format!("/proc/{}/stat", server.pid());
    let (begun, before) = (Instant::now(), seconds(&stat));
    let done = honest.round(bytes).await;
    let (time, cpu) = (begun.elapsed().as_secs_f64(), seconds(&stat) - before);
    #[allow(clippy::cast_precision_loss)] // Bytes of a test run.
    let mib = done as f64 / MIB as f64;
    Pace { mib_a_second: mib / time, cpu, seconds: time }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn ratios(of: &[f64], to: &[f64]) -> Vec<f64> {
    of.iter().zip(to).map(|(of, to)| of / to).collect()
}

fn spool(data: &Path) -> usize {
    std::fs::read_dir(data.join("spool")).unwrap().count()
}

#[actix_web::test]
async fn honest_uploads_go_on_beside_hostile_clients_and_nothing_of_those_is_left() {
    let rounds = setting("RIG_ROUNDS").unwrap_or(1);
    let bytes = setting("RIG_HONEST_MIB").unwrap_or(4) * MIB;
    let size = if setting("RIG_SHARE").is_some() { Size::Full } else { Size::Small };
    let mut chance = Chance::of_this_run("hostile");
    mob::take_descriptors();
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--session-grace", "1s", "--log", "error"];
    let server = Server::start(folder.path(), &flags);
    let site = Site::new(server.url.clone(), Loss::Nothing);
    let mut honest = Honest::new(&site, chance.next()).await;
    // Whatever is made once is made now.
    measure(&mut honest, &server, bytes / 4).await;
    let sockets = server.sockets();
    let (mut alone, mut elsewhere, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    let mut least = u64::MAX;
    let mut totals = mob::Tally::default();
    for round in 0..rounds {
        let quiet = measure(&mut honest, &server, bytes).await;
        least = least.min(server.memory_kib("VmRSS"));
        let mob = Mob::of_nobody(size, honest.a_large_file().await);
        mob.is_there().await;
        let away = measure(&mut honest, &server, bytes).await;
        let effort = mob.leaves();
        let mob = Mob::of(&server, size, honest.a_large_file().await);
        mob.is_there().await;
        let loud = measure(&mut honest, &server, bytes).await;
        let harm = mob.leaves();
        println!(
            "round {round}: alone {:.1} MiB/s ({:.1} s, server's CPU {:.1} s), the mob elsewhere {:.1} MiB/s \
             ({:.1} s, the mob's CPU {:.1} s), beside it {:.1} MiB/s ({:.1} s, server's CPU {:.1} s, the mob's {:.1} s)",
            quiet.mib_a_second,
            quiet.seconds,
            quiet.cpu,
            away.mib_a_second,
            away.seconds,
            effort.cpu,
            loud.mib_a_second,
            loud.seconds,
            loud.cpu,
            harm.cpu,
        );
        println!("  the mob: {harm}");
        totals.add(&harm);
        alone.push(quiet.mib_a_second);
        elsewhere.push(away.mib_a_second);
        beside.push(loud.mib_a_second);
        // Its connections are given back, and what it registered goes with its grace time.
        until("the mob's connections are gone", || server.sockets() <= sockets).await;
        until("nothing unfinished is left", || spool(folder.path()) == 0).await;
    }
    // Round by round: a machine that others use, too, is not as fast in each of them.
    let of_elsewhere = median(ratios(&beside, &elsewhere));
    let of_alone = median(ratios(&beside, &alone));
    let (alone, elsewhere, beside) = (median(alone), median(elsewhere), median(beside));
    let peak = server.memory_kib("VmHWM");
    let budget = BUDGET * 1024 + CONNECTION_KIB * size.connections();
    let grown = peak.saturating_sub(least);
    println!(
        "figures of hostile: rounds={rounds} alone={alone:.1}MiB/s elsewhere={elsewhere:.1}MiB/s beside={beside:.1}MiB/s \
         share={:.0}% of_alone={:.0}% rss_before={}MiB peak={}MiB budget=+{}MiB {totals}",
        100.0 * of_elsewhere,
        100.0 * of_alone,
        least / 1024,
        peak / 1024,
        budget / 1024,
    );
    totals.was_delivered();
    honest.audit(&site).await;
    site.judge();
    assert!(grown < budget, "memory grew by {grown} KiB, the budget is {budget} KiB");
    if let Some(share) = setting("RIG_SHARE") {
        let share = f64::from(u32::try_from(share).unwrap()) / 100.0;
        assert!(
            of_elsewhere >= share,
            "{beside:.1} of {elsewhere:.1} MiB/s ({alone:.1} without any mob) are below {share}"
        );
    }
    drop(honest);
    assert!(server.terminate().success());
    assert_eq!(spool(folder.path()), 0);
}
