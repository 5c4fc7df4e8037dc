//! The faults of a campaign, drawn from its seed.

use rand::{
    RngExt, SeedableRng,
    seq::{IndexedRandom, SliceRandom},
};
use rand_chacha::ChaCha8Rng;

use crate::{settings::Tier, trap::Point};

/// What is done to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blow {
    /// SIGKILL of the program.
    Kill,
    /// Crash of `PostgreSQL`.
    Crash,
    /// A connection is cut.
    Cut,
    /// Pub/Sub is away for a while: every connection is cut, and no other is served.
    Outage,
}

impl Blow {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kill => "SIGKILL",
            Self::Crash => "PostgreSQL crash",
            Self::Cut => "cut connection",
            Self::Outage => "outage of Pub/Sub",
        }
    }
}

/// One fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    /// It waits until this many messages are acknowledged,
    pub(crate) after: usize,
    /// then for the next message at this point.
    pub(crate) point: Point,
    /// What happens.
    pub(crate) blow: Blow,
}

/// The faults of a campaign in their order. The last of the messages flow undisturbed: whatever a fault waits for, some more are
/// handed over than it needs, and it has to find one that comes.
pub(crate) fn draw(tier: &Tier, seed: u64) -> Vec<Fault> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut blows: Vec<(Blow, Point)> = Vec::new();
    for point in tier.kill_points {
        blows.extend(vec![(Blow::Kill, *point); tier.kills_per_point]);
    }
    for _ in 0..tier.crashes {
        blows.push((Blow::Crash, *Point::IN_DATABASE.choose(&mut rng).unwrap()));
    }
    for _ in 0..tier.cuts {
        blows.push((Blow::Cut, *Point::ON_WIRE.choose(&mut rng).unwrap()));
    }
    // It begins while messages are out.
    blows.extend(vec![(Blow::Outage, Point::Pulled); tier.outages]);
    blows.shuffle(&mut rng);
    let mut moments: Vec<usize> = blows
        .iter()
        .map(|_| rng.random_range(0..tier.n_messages * 9 / 10 - 4 * tier.n_spare()))
        .collect();
    moments.sort_unstable();
    let faults = blows.into_iter().zip(moments);
    faults.map(|((blow, point), after)| Fault { after, point, blow }).collect()
}

#[test]
fn a_seed_gives_the_same_faults_again() {
    let plan = |seed| format!("{:?}", draw(&Tier::EVERY_CHANGE, seed));
    assert_eq!(plan(1), plan(1));
    assert_ne!(plan(1), plan(2));
    assert_eq!(draw(&Tier::EVERY_CHANGE, 1).len(), 8 + 2 + 12);
}
