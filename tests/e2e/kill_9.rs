//! Rig T1: the process is killed at random moments of many uploads, through the live and the form door.

use crate::rig::{Chance, Crowd, World, setting};

/// The longest file behind the first MiB.
const LARGEST: u64 = 8;

#[actix_web::test]
async fn uploads_go_on_after_kill_9_and_nothing_acknowledged_is_lost() {
    let mut chance = Chance::of_this_run("kill -9");
    let (rounds, largest) = (setting("RIG_ROUNDS").unwrap_or(4), setting("RIG_LARGEST_MIB"));
    let largest = largest.unwrap_or(LARGEST) << 20;
    let world = World::of_processes();
    let mut crowd = Crowd::new(&world, chance.fork(), 3, 2).await;
    for _ in 0..rounds {
        let blows = chance.within(1..4);
        crowd.round(&world, 4, largest, blows).await;
    }
    crowd.end(&world).await;
    println!("figures of kill -9: {}", world.site.figures.borrow());
}
