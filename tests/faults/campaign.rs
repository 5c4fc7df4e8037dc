//! The campaign: messages flow, faults happen, the stream is drained, the verdict is read.

use std::{
    convert::Infallible,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::join_all;
use serde_json::Value;
use sqlx::{Connection, PgConnection};

use crate::{
    bookkeeper::Bookkeeper,
    listener::keep_listening,
    messages,
    oracle::Oracle,
    plan::{self, Blow, Fault},
    postgres::Postgres,
    postgres_relay,
    program::Program,
    pubsub::Pubsub,
    pubsub_relay::PubsubRelay,
    runs::{self, Ends, keep_running},
    settings::{self, Backend, Tier},
    stream_relay::StreamRelay,
    trap::Trap,
    verdict::Verdict,
};

/// How long may a fault wait for its message? Longer than a lease, so that one comes again at least.
const LONGEST_WAIT: Duration = Duration::from_secs(90);

/// How long when all messages are acknowledged, and only those that the program has got may still come by?
const LAST_WAIT: Duration = Duration::from_secs(5);

/// How long is Pub/Sub away when it is?
const OUTAGE: Duration = Duration::from_secs(20);

/// How long does a reset last, so that every connection notices it?
const RESET: Duration = Duration::from_millis(200);

/// A listener goes on elsewhere when its process has been silent for a while: nobody shall wait that long.
const LISTENERS_DIVISOR: u32 = 4;

/// After how long as many messages may come by again: what a dead program has taken along comes again later.
const REFILL: Duration = Duration::from_secs(1);

/// What is wrong on purpose, to see whether the campaign would find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    /// Nothing.
    None,
    /// Messages are acknowledged when they are pulled.
    AcknowledgeFirst,
    /// The table of alerts takes an alert twice.
    NoUniqueKey,
}

/// Everything of a campaign that goes on at once.
struct Scene {
    postgres: Arc<Postgres>,
    trap: Arc<Trap>,
    keeper: Arc<Bookkeeper>,
    programs: Vec<Program>,
    pubsub: Pubsub,
    /// The run that each program is asked for again and again, or the query that is listened to.
    wanted: Value,
    tier: Tier,
}

/// What a program takes for Pub/Sub.
enum Relay {
    Rest(Arc<PubsubRelay>),
    Stream(Arc<StreamRelay>),
}

impl Relay {
    /// Listens for a program; the address.
    async fn start(&self, program: usize) -> String {
        match self {
            Self::Rest(relay) => relay.start().await,
            Self::Stream(relay) => relay.start(program).await,
        }
    }
}

/// Goes through a campaign; its verdict.
pub(crate) async fn run(tier: Tier, defect: Defect) -> Verdict {
    let seed = settings::seed();
    say(&format!("seed = {seed}, {defect:?}, {tier:?}"));
    let begun = Instant::now();
    let scene = Scene::set(&tier, seed, defect).await;
    let messages = messages::draw(&tier, seed);
    scene.pubsub.publish(messages, &scene.keeper.ledger).await;
    say(&format!("published after {:.0} s", begun.elapsed().as_secs_f64()));
    let flow = scene.flow(plan::draw(&tier, seed));
    let Ok(mut verdict) = tokio::time::timeout(tier.deadline, flow).await else {
        panic!(
            "not over in time, {} messages left: {}",
            scene.keeper.ledger.n_left(),
            scene.programs.iter().map(Program::last_words).collect::<String>()
        );
    };
    scene.pubsub.delete().await;
    verdict.complaints = scene.programs.iter().flat_map(Program::complaints).collect();
    verdict.duration = begun.elapsed();
    say(&verdict.to_string());
    verdict
}

impl Scene {
    async fn set(tier: &Tier, seed: u64, defect: Defect) -> Self {
        let postgres = Arc::new(tokio::task::spawn_blocking(Postgres::start).await.unwrap());
        let trap = Arc::new(Trap::new());
        let emulator = settings::emulator();
        let pubsub = Pubsub::create(&emulator).await;
        let direct = Postgres::url(postgres.port);
        let oracle = Oracle::new(direct.clone());
        let acknowledges_first = defect == Defect::AcknowledgeFirst;
        let keeper = Arc::new(Bookkeeper::new(oracle, trap.clone(), seed, acknowledges_first));
        let relay = match tier.backend {
            Backend::StreamRest => {
                Relay::Rest(Arc::new(PubsubRelay::new(emulator, keeper.clone())))
            }
            Backend::StreamClient => {
                let subscription = pubsub.subscription();
                Relay::Stream(Arc::new(StreamRelay::new(emulator, subscription, keeper.clone())))
            }
        };
        let mut programs = Vec::new();
        for n in 0..tier.n_programs {
            let port = postgres_relay::start(postgres.port, trap.clone(), n).await;
            let divisor = if tier.listens { LISTENERS_DIVISOR } else { 1 };
            let program = Program::new(Postgres::url(port), relay.start(n).await, divisor);
            program.start().await;
            programs.push(program);
        }
        if defect == Defect::NoUniqueKey {
            let mut database = PgConnection::connect(&direct).await.unwrap();
            let statement = "alter table alert drop constraint alert_source_key";
            sqlx::query(statement).execute(&mut database).await.unwrap();
        }
        let wanted = runs::wanted(tier, &pubsub.project);
        Self { postgres, trap, keeper, programs, pubsub, wanted, tier: *tier }
    }

    async fn flow(&self, faults: Vec<Fault>) -> Verdict {
        let are_over = AtomicBool::new(false);
        let ledger = &self.keeper.ledger;
        let striking = async {
            let resets = self.reset_for(self.tier.resets_for).await;
            (resets, self.strike_all(faults, &are_over).await)
        };
        let ((resets, blows), ends) = tokio::join!(striking, self.work(&are_over));
        let mut verdict = Verdict::judge(&Postgres::url(self.postgres.port), ledger).await;
        (verdict.resets, verdict.opened) = (resets, self.keeper.n_opened.load(Ordering::Relaxed));
        for (fault, struck) in blows {
            let Some(program) = struck else {
                verdict.missed += 1;
                continue;
            };
            *verdict.blows.entry((fault.blow.name(), fault.point)).or_default() += 1;
            if fault.blow == Blow::Kill {
                *verdict.killed.entry(program).or_default() += 1;
            }
        }
        verdict.ends = ends;
        verdict
    }

    /// Has the programs take messages until the faults are over and none is left.
    async fn work(&self, are_over: &AtomicBool) -> Ends {
        let Self { programs, wanted, .. } = self;
        let ledger = &self.keeper.ledger;
        if self.tier.listens {
            return keep_listening(programs, wanted, ledger, are_over).await;
        }
        let running =
            programs.iter().map(|program| keep_running(program, wanted, ledger, are_over));
        Ends::of_all(join_all(running).await)
    }

    /// Resets every connection to Pub/Sub again and again while messages trickle; how often.
    async fn reset_for(&self, lasts: Duration) -> usize {
        let ends = Instant::now() + lasts;
        let mut n_resets = 0;
        while Instant::now() < ends {
            let pause = self.keeper.any_pause();
            let share = self.tier.n_messages * milliseconds(pause) / milliseconds(lasts);
            self.keeper.tap.set(share + 1);
            tokio::time::sleep(pause).await;
            self.keeper.is_away.send_replace(true);
            tokio::time::sleep(RESET).await;
            self.keeper.is_away.send_replace(false);
            n_resets += 1;
        }
        n_resets
    }

    /// Lets the faults happen one after the other; which program each has struck.
    async fn strike_all(
        &self,
        faults: Vec<Fault>,
        are_over: &AtomicBool,
    ) -> Vec<(Fault, Option<usize>)> {
        let mut done = Vec::new();
        for (n, fault) in faults.iter().enumerate() {
            self.keeper.n_faults_left.store(faults.len() - n, Ordering::Relaxed);
            done.push((*fault, self.strike(*fault).await));
        }
        self.keeper.n_faults_left.store(0, Ordering::Relaxed);
        self.keeper.tap.set(usize::MAX);
        are_over.store(true, Ordering::SeqCst);
        done
    }

    async fn strike(&self, fault: Fault) -> Option<usize> {
        tokio::select! {
            never = self.measure_out(fault.after) => match never {},
            struck = self.wait_and_strike(fault) => struck,
        }
    }

    /// Lets pass what a fault needs, again and again.
    async fn measure_out(&self, after: usize) -> Infallible {
        loop {
            let missing = after.saturating_sub(self.keeper.ledger.n_acknowledged());
            let spare = self.tier.n_spare();
            // Of a listener some are handed over that are not acknowledged yet: all at once there would be none left to strike.
            let missing = if self.tier.listens { missing.min(spare) } else { missing };
            self.keeper.tap.set(missing + spare);
            tokio::time::sleep(REFILL).await;
        }
    }

    async fn wait_and_strike(&self, fault: Fault) -> Option<usize> {
        while self.keeper.ledger.n_acknowledged() < fault.after {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.trap.arm(fault.point, fault.blow == Blow::Cut);
        if !self.is_sprung().await && self.trap.disarm() {
            say(&format!("{fault:?} found no message"));
            return None;
        }
        let struck = self.trap.caught_from();
        match fault.blow {
            Blow::Kill => self.kill(struck).await,
            Blow::Crash => self.crash().await,
            Blow::Cut => {}
            Blow::Outage => self.outage().await,
        }
        Some(struck)
    }

    /// Waits until the trap has caught something; false if nothing comes.
    async fn is_sprung(&self) -> bool {
        let sprung = self.trap.sprung();
        let all_gone = async {
            while self.keeper.ledger.n_left() > 0 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            tokio::time::sleep(LAST_WAIT).await;
        };
        tokio::select! {
            () = sprung => true,
            () = all_gone => false,
            () = tokio::time::sleep(LONGEST_WAIT) => false,
        }
    }

    async fn kill(&self, struck: usize) {
        let program = &self.programs[struck];
        program.kill().await;
        self.trap.has_died(struck);
        self.trap.release();
        program.start().await;
    }

    async fn outage(&self) {
        self.keeper.is_away.send_replace(true);
        self.trap.release();
        tokio::time::sleep(OUTAGE).await;
        self.keeper.is_away.send_replace(false);
    }

    async fn crash(&self) {
        self.with_postgres(Postgres::crash).await;
        self.trap.release();
        self.with_postgres(Postgres::go_on).await;
    }

    async fn with_postgres(&self, work: fn(&Postgres)) {
        let postgres = self.postgres.clone();
        tokio::task::spawn_blocking(move || work(&postgres)).await.unwrap();
    }
}

fn milliseconds(duration: Duration) -> usize {
    usize::try_from(duration.as_millis()).unwrap()
}

/// Writes a line for whoever watches.
pub(crate) fn say(line: &str) {
    // Nobody may be watching.
    let _ = writeln!(std::io::stderr(), "{line}");
}
