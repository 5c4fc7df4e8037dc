//! The campaign: messages flow, faults happen, the stream is drained, the verdict is read.

use std::{
    fs::File,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{Connection, PgConnection};

use crate::{
    messages,
    oracle::Oracle,
    plan::{self, Blow, Fault},
    postgres::Postgres,
    postgres_relay,
    program::Program,
    pubsub::Pubsub,
    pubsub_relay::PubsubRelay,
    runs::keep_running,
    settings::{self, Tier},
    trap::Trap,
    verdict::Verdict,
};

/// How long may a fault wait for its message? Longer than a lease, so that one comes again at least.
const LONGEST_WAIT: Duration = Duration::from_secs(90);

/// How long when all messages are acknowledged, and only those that the program has got may still come by?
const LAST_WAIT: Duration = Duration::from_secs(5);

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
    relay: Arc<PubsubRelay>,
    program: Program,
    pubsub: Pubsub,
}

/// Goes through a campaign; its verdict.
pub(crate) async fn run(tier: Tier, defect: Defect) -> Verdict {
    let _turn = tokio::task::spawn_blocking(take_turn).await.unwrap();
    let seed = settings::seed();
    say(&format!("seed = {seed}, {defect:?}, {tier:?}"));
    let begun = Instant::now();
    let scene = Scene::set(seed, defect).await;
    let messages = messages::draw(&tier, seed);
    scene.pubsub.publish(messages, &scene.relay.ledger).await;
    say(&format!("published after {:.0} s", begun.elapsed().as_secs_f64()));
    let flow = scene.flow(plan::draw(&tier, seed));
    let Ok(mut verdict) = tokio::time::timeout(tier.deadline, flow).await else {
        panic!(
            "not over in time, {} messages left: {}",
            scene.relay.ledger.n_left(),
            scene.program.last_words()
        );
    };
    scene.pubsub.delete().await;
    verdict.complaints = scene.program.complaints();
    verdict.duration = begun.elapsed();
    say(&verdict.to_string());
    verdict
}

impl Scene {
    async fn set(seed: u64, defect: Defect) -> Self {
        let postgres = Arc::new(tokio::task::spawn_blocking(Postgres::start).await.unwrap());
        let trap = Arc::new(Trap::new());
        let port = postgres_relay::start(postgres.port, trap.clone()).await;
        let emulator = settings::emulator();
        let pubsub = Pubsub::create(&emulator).await;
        let direct = Postgres::url(postgres.port);
        let acknowledges_first = defect == Defect::AcknowledgeFirst;
        let oracle = Oracle::new(direct.clone());
        let relay =
            Arc::new(PubsubRelay::new(emulator, oracle, trap.clone(), seed, acknowledges_first));
        let program = Program::new(Postgres::url(port), relay.start().await);
        program.start().await;
        if defect == Defect::NoUniqueKey {
            let mut database = PgConnection::connect(&direct).await.unwrap();
            let statement = "alter table alert drop constraint alert_source_key";
            sqlx::query(statement).execute(&mut database).await.unwrap();
        }
        Self { postgres, trap, relay, program, pubsub }
    }

    async fn flow(&self, faults: Vec<Fault>) -> Verdict {
        let are_over = AtomicBool::new(false);
        let ledger = &self.relay.ledger;
        let (blows, ends) = tokio::join!(
            self.strike_all(faults, &are_over),
            keep_running(&self.program, &self.pubsub.project, ledger, &are_over),
        );
        let mut verdict = Verdict::judge(&Postgres::url(self.postgres.port), ledger).await;
        for (fault, happened) in blows {
            if happened {
                *verdict.blows.entry((fault.blow.name(), fault.point)).or_default() += 1;
            } else {
                verdict.missed += 1;
            }
        }
        verdict.ends = ends;
        verdict
    }

    /// Lets the faults happen one after the other; which of them did.
    async fn strike_all(&self, faults: Vec<Fault>, are_over: &AtomicBool) -> Vec<(Fault, bool)> {
        let mut done = Vec::new();
        for (n, fault) in faults.iter().enumerate() {
            self.relay.n_faults_left.store(faults.len() - n, Ordering::Relaxed);
            done.push((*fault, self.strike(*fault).await));
        }
        self.relay.n_faults_left.store(0, Ordering::Relaxed);
        are_over.store(true, Ordering::SeqCst);
        done
    }

    async fn strike(&self, fault: Fault) -> bool {
        while self.relay.ledger.n_acknowledged() < fault.after {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.trap.arm(fault.point, fault.blow == Blow::Cut);
        if !self.is_sprung().await && self.trap.disarm() {
            say(&format!("{fault:?} found no message"));
            return false;
        }
        match fault.blow {
            Blow::Kill => self.kill().await,
            Blow::Crash => self.crash().await,
            Blow::Cut => {}
        }
        true
    }

    /// Waits until the trap has caught something; false if nothing comes.
    async fn is_sprung(&self) -> bool {
        let sprung = self.trap.sprung();
        let all_gone = async {
            while self.relay.ledger.n_left() > 0 {
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

    async fn kill(&self) {
        self.program.kill().await;
        self.trap.set_pulled(false);
        self.trap.release();
        self.program.start().await;
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

/// Waits for other campaigns to end, those of other processes too: two at once measure each other.
fn take_turn() -> File {
    let turn = File::create(std::env::temp_dir().join("tom-alerts-faults.lock")).unwrap();
    turn.lock().unwrap();
    turn
}

/// Writes a line for whoever watches.
pub(crate) fn say(line: &str) {
    // Nobody may be watching.
    let _ = writeln!(std::io::stderr(), "{line}");
}
