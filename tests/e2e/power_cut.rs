//! Rig T2: the power is cut at random moments of many uploads. What was acknowledged survives, on the disk alone.

use crate::rig::{Chance, Crowd, World, setting};

#[actix_web::test]
async fn nothing_acknowledged_is_lost_when_the_power_is_cut() {
    let mut chance = Chance::of_this_run("power cut");
    let (rounds, largest) = (setting("RIG_ROUNDS").unwrap_or(3), setting("RIG_LARGEST_MIB"));
    let world = World::of_power(4096);
    let mut crowd = Crowd::new(&world, chance.fork(), 2, 1).await;
    // Until SQLite's log is written over instead of growing, each of its syncs makes everything else on the disk durable
    // too, and hides what was forgotten.
    crowd.fill_the_log(&world).await;
    for _ in 0..rounds {
        crowd.round(&world, 4, largest.unwrap_or(4) << 20, 1).await;
    }
    crowd.end(&world).await;
    println!("figures of power cuts: {}", world.site.figures.borrow());
}
