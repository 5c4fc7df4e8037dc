//! How large a campaign is, and what its surroundings are: the environment, read in one place.

use std::{path::PathBuf, time::Duration};

use rand::random;

use crate::trap::Point;

/// How the program gets its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    /// It pulls them by REST.
    StreamRest,
    /// They are pushed down an open stream, by gRPC.
    StreamClient,
}

/// The size of a campaign.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tier {
    /// What is under attack.
    pub(crate) backend: Backend,
    /// Programs on one database and one subscription.
    pub(crate) n_programs: usize,
    /// Messages published, junk included.
    pub(crate) n_messages: usize,
    /// Messages among them that nobody can read.
    pub(crate) n_junk: usize,
    /// Whether a saved query is listened to, by whichever program has it; otherwise each program is asked for one run after
    /// the other.
    pub(crate) listens: bool,
    /// Where programs die.
    pub(crate) kill_points: &'static [Point],
    /// SIGKILLs of the program at each of these points.
    pub(crate) kills_per_point: usize,
    /// Crashes of `PostgreSQL` in the middle of a transaction.
    pub(crate) crashes: usize,
    /// Connections cut, to Pub/Sub and to `PostgreSQL`.
    pub(crate) cuts: usize,
    /// Times that Pub/Sub is away for a while.
    pub(crate) outages: usize,
    /// For so long every connection to Pub/Sub is reset again and again, before anything else happens.
    pub(crate) resets_for: Duration,
    /// When the campaign gives up.
    pub(crate) deadline: Duration,
}

impl Tier {
    /// What every change has to pass: each way to die, once.
    pub(crate) const EVERY_CHANGE: Self = Self {
        backend: Backend::StreamRest,
        n_programs: 1,
        n_messages: 2_000,
        n_junk: 20,
        listens: false,
        kill_points: &Point::ALL,
        kills_per_point: 1,
        crashes: 2,
        cuts: 12,
        outages: 0,
        resets_for: Duration::ZERO,
        deadline: Duration::from_mins(6),
    };

    /// The same over streams: of two programs each shall die, and which one a fault strikes is left to chance.
    pub(crate) const EVERY_CHANGE_OF_STREAMS: Self =
        Self { kills_per_point: 2, outages: 1, ..Self::EVERY_CHANGE.over_streams() };

    /// Enough to catch a program, or a table, that was broken on purpose.
    pub(crate) const SEEDED_DEFECT: Self =
        Self { n_messages: 1_500, crashes: 0, cuts: 4, ..Self::EVERY_CHANGE };

    /// The same for streams. Two programs take more messages along when they die, and those come again only after their
    /// leases: nobody shall wait for them.
    pub(crate) const SEEDED_DEFECT_OF_STREAMS: Self =
        Self { n_messages: 4_000, ..Self::SEEDED_DEFECT.over_streams() };

    /// A listener of two programs, in a few seconds: whoever has it dies before anybody learns what is committed, and the
    /// other goes on.
    pub(crate) const LISTENER: Self = Self {
        n_messages: 300,
        n_junk: 5,
        kill_points: &[Point::AfterCommit],
        crashes: 0,
        cuts: 2,
        ..Self::EVERY_CHANGE.over_streams().listening()
    };

    /// A listener whose connections are reset every few seconds for ten minutes.
    pub(crate) const RESETS: Self = Self {
        n_programs: 1,
        n_messages: 6_000,
        kill_points: &[],
        crashes: 0,
        cuts: 0,
        resets_for: Duration::from_mins(10),
        deadline: Duration::from_mins(15),
        ..Self::EVERY_CHANGE.over_streams().listening()
    };

    /// Messages beyond what the next fault waits for that may be handed over meanwhile.
    pub(crate) fn n_spare(&self) -> usize {
        (self.n_messages / 10).min(100)
    }

    /// By a listener: the next program takes it some seconds after the one before has died.
    pub(crate) const fn listening(self) -> Self {
        let deadline = self.deadline.saturating_add(Duration::from_mins(5));
        Self { listens: true, deadline, ..self }
    }

    /// Over streams, to two programs.
    pub(crate) const fn over_streams(self) -> Self {
        Self { backend: Backend::StreamClient, n_programs: 2, ..self }
    }

    /// The same, with Pub/Sub away now and then.
    pub(crate) const fn with_outages(self, outages: usize) -> Self {
        Self { outages, ..self }
    }

    /// Before an issue ends and before a release; larger still with figures from the environment.
    pub(crate) fn long() -> Self {
        let n_messages = number("TOM_ALERTS_FAULTS_MESSAGES", 20_000);
        let kills_per_point = number("TOM_ALERTS_FAULTS_KILLS_PER_POINT", 5);
        let crashes = number("TOM_ALERTS_FAULTS_CRASHES", 10);
        let cuts = number("TOM_ALERTS_FAULTS_CUTS", 50);
        let seconds = 300 + n_messages / 100 + 8 * kills_per_point * 5 + crashes * 10 + cuts * 5;
        Self {
            n_messages,
            n_junk: number("TOM_ALERTS_FAULTS_JUNK", n_messages / 200),
            kills_per_point,
            crashes,
            cuts,
            deadline: Duration::from_secs(seconds as u64),
            ..Self::EVERY_CHANGE
        }
    }
}

/// The seed of a campaign: that of `TOM_ALERTS_FAULTS_SEED`, to repeat one, or a new one.
pub(crate) fn seed() -> u64 {
    variable("TOM_ALERTS_FAULTS_SEED")
        .map_or_else(|| u64::from(random::<u32>()), |text| text.parse().expect("a whole number"))
}

/// `HOST:PORT` of the Pub/Sub emulator.
pub(crate) fn emulator() -> String {
    variable("TOM_ALERTS_TEST_PUBSUB")
        .expect("TOM_ALERTS_TEST_PUBSUB does not name a Pub/Sub emulator: run it by tests/run")
}

/// The program under test.
pub(crate) fn program() -> PathBuf {
    variable("TOM_ALERTS_FAULTS_PROGRAM")
        .or_else(|| option_env!("CARGO_BIN_EXE_tom-alerts").map(str::to_owned))
        .expect("TOM_ALERTS_FAULTS_PROGRAM names the program")
        .into()
}

/// The folder of `PostgreSQL`'s server programs.
pub(crate) fn postgres_programs() -> PathBuf {
    if let Some(folder) = variable("TOM_ALERTS_TEST_PGBIN") {
        return folder.into();
    }
    let versions =
        std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL: run it by tests/run");
    versions
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|folder| folder.join("initdb").exists())
        .max()
        .expect("PostgreSQL's server programs: run it by tests/run")
}

fn number(name: &str, default: usize) -> usize {
    variable(name).map_or(default, |text| text.parse().expect("a whole number"))
}

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tests/run says where the components are")]
    std::env::var(name).ok()
}
