//! Two replicas behind a proxy are restarted in turn while people work: no request fails, no alert is lost or stored twice.
//!
//! `TOM_ALERTS_RESTARTS` says how often each is restarted.

mod load;
mod proxy;
mod replica;

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, SystemTime},
};

use tom_alerts::storage::{NewSession, SIGNED_IN, Storage};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
};

use self::{
    load::{Tally, User},
    proxy::Proxy,
    replica::{Replica, Shared, free_address},
};
use crate::{
    pubsub_emulator::PubSubEmulator,
    support::{fresh_database, write_night},
};

/// How often each replica is restarted.
fn n_restarts() -> usize {
    #[expect(clippy::disallowed_methods, reason = "a release asks for more than a change")]
    let asked = std::env::var("TOM_ALERTS_RESTARTS").ok();
    asked.map_or(2, |text| text.parse().expect("a whole number"))
}

/// A member with a session; what its cookie holds.
async fn session(storage: &Storage, pool: &sqlx::PgPool, name: &str) -> String {
    let member_id =
        sqlx::query_scalar("insert into member (name, role) values ($1, 'admin') returning id")
            .bind(name)
            .fetch_one(pool)
            .await
            .unwrap();
    let new = NewSession { member_id, browser: "Firefox on Linux".to_owned() };
    let mut record = Record {
        id: Id::default(),
        data: [(SIGNED_IN.to_owned(), serde_json::to_value(new).unwrap())].into(),
        expiry_date: SystemTime::now().into(),
    };
    storage.sessions().create(&mut record).await.unwrap();
    record.id.to_string()
}

/// Publishes simulated alerts until it is told to stop; how many.
async fn publish(emulator: &PubSubEmulator, topic: &str, tally: &Tally) -> i64 {
    let mut n_published = 0;
    for seed in 1_000.. {
        if tally.is_over.load(Ordering::SeqCst) {
            break;
        }
        let night = tom_alerts::simulate::Night {
            seed,
            n_packets: 10,
            ..tom_alerts::simulate::default_night()
        };
        let packets: Vec<_> = night.packets().map(|packet| packet.bytes).collect();
        let packets: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
        n_published += i64::try_from(emulator.publish(topic, &packets, &[]).await.len()).unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    n_published
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_are_restarted_in_turn_and_nobody_notices() {
    let emulator = PubSubEmulator::fresh_project();
    let topic = emulator.create_topic("loop-1").await;
    emulator.create_subscription("loop-1", &topic, 10).await;
    let place = tempfile::tempdir().unwrap();
    write_night(&place.path().join("night"), 1, 20);
    let database_url = fresh_database().await;
    let addresses = [free_address(), free_address()];
    let proxy = Proxy::start(&addresses).await;
    let shared = Shared {
        database_url: &database_url,
        public_url: &proxy.url,
        pubsub: emulator.host(),
        data_dir: place.path(),
    };
    // Both at once, on an empty database.
    let mut replicas = addresses.each_ref().map(|address| Replica::at(address, &shared));
    for replica in &mut replicas {
        replica.start(&shared);
    }
    for index in 0..2 {
        proxy.until_ready(index).await;
    }

    let storage = Storage::connect(&database_url).await.unwrap();
    let pool = sqlx::PgPool::connect(&database_url).await.unwrap();
    let tally = Arc::new(Tally::default());
    let mut users = Vec::new();
    for name in ["Ada", "Bob"] {
        let session = session(&storage, &pool, name).await;
        users.push(User::new(&proxy.url, &session, emulator.project(), tally.clone()));
    }
    let mut working = tokio::task::JoinSet::new();
    for user in &users {
        working.spawn(user.clone().look_around());
        working.spawn(user.clone().look_around());
        working.spawn(user.clone().make_targets());
        working.spawn(user.clone().run_streams());
        working.spawn(user.clone().run_streams());
    }
    let restarting = async {
        for n in 0..2 * n_restarts() {
            let replica = &mut replicas[n % 2];
            replica.stop().await;
            replica.start(&shared);
            proxy.until_ready(n % 2).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        tally.is_over.store(true, Ordering::SeqCst);
    };
    let (n_published, ()) = tokio::join!(publish(&emulator, &topic, &tally), restarting);
    while let Some(ended) = working.join_next().await {
        ended.unwrap();
    }
    // What was out when a replica stopped comes again when its lease is over.
    for _ in 0..30 {
        if stored(&pool).await >= n_published {
            break;
        }
        users[0].run_stream().await;
    }

    let rows: i64 =
        sqlx::query_scalar("select count(*) from alert").fetch_one(&pool).await.unwrap();
    let targets: i64 =
        sqlx::query_scalar("select count(*) from target").fetch_one(&pool).await.unwrap();
    let ends = tally.ends.lock().unwrap().clone();
    let words = format!(
        "{} restarts, {} requests, answered by each: {:?}, {n_published} alerts published, runs: {ends:?}",
        2 * n_restarts(),
        tally.n_requests.load(Ordering::SeqCst),
        proxy.answered(),
    );
    say(&words);
    assert_eq!(*tally.failed.lock().unwrap(), Vec::<String>::new(), "{words}");
    assert_eq!(proxy.failures(), Vec::<String>::new(), "{words}");
    assert_eq!(n_published - stored(&pool).await, 0, "alerts lost: {words}");
    assert_eq!(rows - stored(&pool).await, 0, "alerts stored twice: {words}");
    assert_eq!(tally.n_created.load(Ordering::SeqCst), u64::try_from(targets).unwrap(), "{words}");
    assert!(ends.keys().all(|end| matches!(&**end, "finished" | "interrupted")), "{words}");
    assert!(ends["interrupted"] > 0 && ends["finished"] > 0, "{words}");
    assert!(proxy.answered().iter().all(|n| *n > 100), "{words}");
    for replica in &replicas {
        assert_eq!(replica.complaints(), Vec::<String>::new(), "{words}");
    }
    let live: i64 =
        sqlx::query_scalar("select count(*) from run where state in ('queued', 'running')")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(live, 0, "no run is left behind: {words}");
}

/// Alerts that are stored, each counted once.
async fn stored(pool: &sqlx::PgPool) -> i64 {
    sqlx::query_scalar("select count(distinct (survey, source_id)) from alert")
        .fetch_one(pool)
        .await
        .unwrap()
}

/// Writes a line for whoever watches.
fn say(line: &str) {
    use std::io::Write;
    // Nobody may be watching.
    let _ = writeln!(std::io::stderr(), "{line}");
}
