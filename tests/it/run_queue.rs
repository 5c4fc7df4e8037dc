//! The queue of runs on two processes with one database: for each member so many at once, the oldest first, nobody delayed
//! by somebody else.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::PgPool;
use tom_alerts::{
    actions::run_limits::RunLimits,
    brokers::{
        BackendSettings, Brokers, all_backends, database::BigQueryService, pubsub::PubSubService,
    },
    clock::Clock,
    domain::{
        sharing::{Asker, Sharing, TEAM},
        timing::Timing,
    },
    forms::{Choices, Context, Parameters, RawForm},
    google::Access,
    storage::{NewRun, NotDone, Refused},
    web::Site,
};

use crate::{
    pubsub_double::PubSubDouble,
    support::{Ground, Parts, TestApp, fresh_database, write_night},
    timing,
};

const AT_ONCE: u32 = 4;

/// Processes that share a database, and a stream on which nothing comes: a run of it goes on until it is cancelled.
struct Replicas {
    apps: Vec<TestApp>,
    pool: PgPool,
    _double: Arc<PubSubDouble>,
}

impl Replicas {
    /// So many processes, each of which watches as the program does.
    async fn start(n: usize) -> Self {
        Self::start_timed(n, &timing::short()).await
    }

    async fn start_timed(n: usize, timing: &Timing) -> Self {
        let double = Arc::new(PubSubDouble::start().await);
        let topic = double.create_topic("proj", "loop-1");
        double.create_subscription("proj", "loop-1", &topic);
        let database_url = fresh_database().await;
        let mut apps = Vec::new();
        for _ in 0..n {
            let ground = Ground::lay(database_url.clone()).await;
            let asker = ground.storage.local_asker().await.unwrap();
            let app = ground.build(Parts {
                pubsub: PubSubService::at(Some(double.host()), timing).unwrap(),
                bigquery: BigQueryService::at(None, timing).unwrap(),
                credentials: Access { project: Some("proj".to_owned()), tokens: None }.into(),
                site: Site::local(
                    "http://127.0.0.1:1".parse().unwrap(),
                    ([127, 0, 0, 1], 1).into(),
                    asker,
                ),
                sign_in: None,
                clock: Clock::system(),
                timing: *timing,
                requests_a_minute: None,
                limits: RunLimits { at_once: AT_ONCE, ..RunLimits::default() },
            });
            tokio::spawn(app.runner.clone().watch());
            apps.push(app);
        }
        let pool = PgPool::connect(&database_url).await.unwrap();
        Self { apps, pool, _double: double }
    }

    async fn member(&self, name: &str) -> Asker {
        let id = sqlx::query_scalar("insert into member (name) values ($1) returning id")
            .bind(name)
            .fetch_one(&self.pool)
            .await
            .unwrap();
        self.apps[0].storage.asker(id).await.unwrap().unwrap()
    }

    /// Starts runs of the silent stream, at each process in turn; their ids.
    async fn start_streams(&self, by: &Asker, n: usize) -> Vec<i64> {
        let mut ids = Vec::new();
        for app in self.apps.iter().cycle().take(n) {
            let parameters = stream_parameters();
            ids.push(app.runner.start("stream-rest", parameters, None, "", by).await.unwrap());
        }
        ids
    }

    async fn begun_by(&self, instance: &str) -> Vec<i64> {
        sqlx::query_scalar(
            "select id from run where instance = $1 and state = 'running' order by id",
        )
        .bind(instance)
        .fetch_all(&self.pool)
        .await
        .unwrap()
    }

    async fn state(&self, id: i64) -> String {
        sqlx::query_scalar("select state from run where id = $1")
            .bind(id)
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    async fn in_state(&self, by: &Asker, state: &str) -> Vec<i64> {
        sqlx::query_scalar("select id from run where started_by = $1 and state = $2 order by id")
            .bind(by.member_id())
            .bind(state)
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    /// Waits until exactly these runs of a member go on.
    async fn until_running(&self, by: &Asker, ids: &[i64]) {
        let mut running = Vec::new();
        for _ in 0..2_400 {
            running = self.in_state(by, "running").await;
            assert!(running.len() <= AT_ONCE as usize, "{running:?} at once");
            if running == ids {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let mut states = Vec::new();
        for id in ids {
            states.push(self.state(*id).await);
        }
        panic!("{running:?} go on, not {ids:?}, which are {states:?}");
    }

    async fn until_state(&self, id: i64, state: &str) {
        for _ in 0..2_400 {
            if self.state(id).await == state {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("run {id} is {}, not {state}", self.state(id).await);
    }

    /// How many of a member's runs went on at once, at most, by what the database kept.
    async fn most_at_once(&self, by: &Asker) -> i64 {
        sqlx::query_scalar(
            "select coalesce(max(n), 0) from (
                 select count(*) as n
                 from run r
                 join run o on o.started_by = r.started_by and o.started <= r.started
                                and (o.finished is null or o.finished > r.started)
                 where r.started_by = $1
                 group by r.id
             ) as overlapping",
        )
        .bind(by.member_id())
        .fetch_one(&self.pool)
        .await
        .unwrap()
    }
}

fn stream_parameters() -> Parameters {
    let typed = json!({"subscription_name": "loop-1", "project": "proj", "timeout": 300});
    parameters("stream-rest", &typed, Choices::new())
}

fn parameters(broker: &str, typed: &Value, choices: Choices) -> Parameters {
    let timing = timing::short();
    let brokers = Brokers::new(all_backends(BackendSettings {
        archives: Vec::new(),
        uploads: "uploads".into(),
        pubsub: PubSubService::at(None, &timing).unwrap(),
        bigquery: BigQueryService::at(None, &timing).unwrap(),
    }));
    let context = Context { now: Clock::system().now(), choices };
    brokers.find(broker).unwrap().form().validate(&RawForm::from_json(typed), &context).unwrap()
}

fn new_run() -> NewRun {
    NewRun {
        saved_query_id: None,
        query_name: String::new(),
        broker: "archive".to_owned(),
        parameters: json!({"folder": "night"}),
        instance: "a process that died".to_owned(),
        acts_as: None,
        sharing: Sharing::read_by(vec![TEAM]),
    }
}

#[tokio::test]
async fn twelve_runs_of_one_member_do_not_delay_the_one_of_another() {
    let replicas = Replicas::start(2).await;
    let (ada, bob) = (replicas.member("Ada").await, replicas.member("Bob").await);
    let of_ada = replicas.start_streams(&ada, 12).await;
    replicas.until_running(&ada, &of_ada[..4]).await;
    let of_bob = replicas.start_streams(&bob, 1).await;
    replicas.until_running(&bob, &of_bob).await;
    assert_eq!(replicas.in_state(&ada, "queued").await, of_ada[4..], "Ada's go on and wait");
    // Whichever ends, wherever it is cancelled: the oldest that waits begins.
    for n in 4..12 {
        replicas.apps[n % 2].runner.cancel(&ada, of_ada[n - 4]).await.unwrap();
        replicas.until_running(&ada, &of_ada[n - 3..=n]).await;
    }
    assert_eq!(replicas.in_state(&bob, "running").await, of_bob);
    assert_eq!(replicas.most_at_once(&ada).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_short_runs_on_two_processes_all_end_in_order_and_never_five_at_once() {
    let replicas = Replicas::start(2).await;
    for app in &replicas.apps {
        write_night(&app.archive, 1, 10);
    }
    let ada = replicas.member("Ada").await;
    let choices = Choices::new().with("folder", [("night".to_owned(), String::new())]);
    let archive = parameters("archive", &json!({"folder": "night"}), choices);
    let mut ids = Vec::new();
    while ids.len() < 60 {
        let app = &replicas.apps[ids.len() % 2];
        match app.runner.start("archive", archive.clone(), None, "", &ada).await {
            Ok(id) => ids.push(id),
            Err(NotDone::Refused(Refused::QueueFull { waiting })) => {
                assert!(waiting >= 20, "{waiting}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
    for id in &ids {
        replicas.until_state(*id, "finished").await;
    }
    let begun: Vec<i64> =
        sqlx::query_scalar("select id from run where started_by = $1 order by started, id")
            .bind(ada.member_id())
            .fetch_all(&replicas.pool)
            .await
            .unwrap();
    // Four may begin in one look: among these the time says nothing.
    for (place, id) in begun.iter().enumerate() {
        let by_age = ids.iter().position(|one| one == id).unwrap();
        assert!(place.abs_diff(by_age) < AT_ONCE as usize, "{id}: {begun:?}");
    }
    assert!(replicas.most_at_once(&ada).await <= 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_look_at_the_same_moment_never_begin_a_fifth() {
    let database_url = fresh_database().await;
    let ground = Ground::lay(database_url).await;
    let storage = &ground.storage;
    let asker = storage.local_asker().await.unwrap();
    for round in 0..20 {
        for _ in 0..12 {
            storage.create_run(&asker, &new_run(), u32::MAX).await.unwrap();
        }
        let looks = (0..8).map(|n| {
            let (storage, instance) = (storage.clone(), new_run().instance);
            tokio::spawn(async move {
                storage.begin_runs(&instance, AT_ONCE, 1 + n % 4, Duration::ZERO).await
            })
        });
        let mut begun = Vec::new();
        for look in futures::future::join_all(looks).await {
            begun.extend(look.unwrap().unwrap().into_iter().map(|run| run.id));
        }
        assert_eq!(begun.len(), 4, "round {round}: {begun:?}");
        assert!(
            storage.begin_runs("another", AT_ONCE, 16, Duration::ZERO).await.unwrap().is_empty()
        );
        for id in begun {
            assert!(
                storage
                    .end_run(id, tom_alerts::domain::run::RunState::Finished, "", None)
                    .await
                    .unwrap()
            );
        }
        storage.interrupt_queued_runs("").await.unwrap();
    }
}

#[tokio::test]
async fn a_run_is_cancelled_while_it_waits_and_takes_no_place() {
    let replicas = Replicas::start(2).await;
    let ada = replicas.member("Ada").await;
    let ids = replicas.start_streams(&ada, 6).await;
    replicas.until_running(&ada, &ids[..4]).await;
    // At the process that was not asked for it.
    assert!(replicas.apps[1].runner.cancel(&ada, ids[4]).await.unwrap());
    assert_eq!(replicas.state(ids[4]).await, "cancelled", "at once");
    assert!(!replicas.apps[0].runner.cancel(&ada, ids[4]).await.unwrap(), "it has ended already");
    replicas.apps[0].get(&format!("/api/runs/{}/", ids[4])).await;
    replicas.apps[0].runner.cancel(&ada, ids[0]).await.unwrap();
    replicas.until_running(&ada, &[ids[1], ids[2], ids[3], ids[5]]).await;
    let run = replicas.apps[0].storage.find_run(&ada, ids[4]).await.unwrap().unwrap();
    assert_eq!((run.started, run.feedback.as_str()), (None, "Cancelled before it began."));
}

#[tokio::test]
async fn a_run_that_waits_for_a_process_that_stopped_is_begun_by_another() {
    let replicas = Replicas::start(2).await;
    let ada = replicas.member("Ada").await;
    let ids = replicas.start_streams(&ada, 6).await;
    replicas.until_running(&ada, &ids[..4]).await;
    // The second process begins what the first, on a busy machine, has not begun within a second.
    let of_first = replicas.begun_by(replicas.apps[0].runner.instance()).await;
    assert!(!of_first.is_empty() && !of_first.contains(&ids[4]), "{of_first:?}");
    replicas.apps[0].runner.retire();
    replicas.apps[0].stop();
    // Those that the stopped process had begun are interrupted; those that it was only asked for go on elsewhere.
    let go_on = ids.iter().copied().filter(|id| !of_first.contains(id));
    replicas.until_running(&ada, &go_on.take(AT_ONCE as usize).collect::<Vec<_>>()).await;
    for id in of_first {
        replicas.until_state(id, "interrupted").await;
    }
    assert!(replicas.most_at_once(&ada).await <= 4);
}

#[tokio::test]
async fn a_run_is_left_to_the_process_that_was_asked_for_it_as_long_as_is_set() {
    for (head_start, is_left) in [(Duration::ZERO, false), (Duration::from_hours(1), true)] {
        let mut timing = timing::short();
        timing.runs.head_start = head_start;
        let replicas = Replicas::start_timed(1, &timing).await;
        let ada = replicas.member("Ada").await;
        let of_another = replicas.apps[0].storage.create_run(&ada, &new_run(), 9).await.unwrap();
        if is_left {
            let ours = replicas.start_streams(&ada, 1).await;
            replicas.until_running(&ada, &ours).await;
            // Some looks more.
            tokio::time::sleep(timing.runs.look * 4).await;
            assert_eq!(replicas.state(of_another).await, "queued", "though it is older");
        } else {
            let begun = replicas.until_state(of_another, "finished");
            tokio::time::timeout(Duration::from_secs(20), begun).await.expect("it waits on");
        }
    }
}

#[tokio::test]
async fn a_process_says_that_its_runs_are_alive_as_often_as_it_is_set_to() {
    let mut timing = timing::short();
    timing.runs.heartbeat = Duration::from_millis(50);
    let replicas = Replicas::start_timed(1, &timing).await;
    let ada = replicas.member("Ada").await;
    let ids = replicas.start_streams(&ada, 1).await;
    replicas.until_running(&ada, &ids).await;
    let mut beats = BTreeSet::new();
    // The program itself would say so three times at most.
    for _ in 0..2_400 {
        let beat: DateTime<Utc> = sqlx::query_scalar("select heartbeat from run where id = $1")
            .bind(ids[0])
            .fetch_one(&replicas.pool)
            .await
            .unwrap();
        beats.insert(beat);
        if beats.len() > 6 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{beats:?}");
}

#[tokio::test]
async fn runs_of_a_dead_process_free_their_places() {
    let mut timing = timing::short();
    timing.runs.silence = Duration::from_mins(10);
    let replicas = Replicas::start_timed(1, &timing).await;
    let ada = replicas.member("Ada").await;
    for _ in 0..4 {
        replicas.apps[0].storage.create_run(&ada, &new_run(), 4).await.unwrap();
    }
    let begun = replicas.apps[0]
        .storage
        .begin_runs(&new_run().instance, AT_ONCE, 4, Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(begun.len(), 4);
    let ids = replicas.start_streams(&ada, 1).await;
    let is_silent_for = async |minutes: i32| {
        sqlx::query(
            "update run set heartbeat = now() - make_interval(mins => $1) where state = 'running'",
        )
        .bind(minutes)
        .execute(&replicas.pool)
        .await
        .unwrap();
    };
    is_silent_for(9).await;
    // Two heartbeats.
    tokio::time::sleep(timing.runs.heartbeat * 2).await;
    assert_eq!(replicas.state(ids[0]).await, "queued");
    is_silent_for(11).await;
    replicas.until_running(&ada, &ids).await;
    assert_eq!(replicas.in_state(&ada, "interrupted").await.len(), 4);
}

#[tokio::test]
async fn a_run_that_waits_says_for_what_and_a_queue_that_is_full_loses_nothing_typed() {
    let replicas = Replicas::start(1).await;
    let app = &replicas.apps[0];
    let local = app.storage.local_asker().await.unwrap();
    let ids = replicas.start_streams(&local, 6).await;
    replicas.until_running(&local, &ids[..4]).await;
    let get = async |path: String| {
        app.send(app.http.get(format!("{}{path}", app.base)).header("host", "127.0.0.1:1")).await
    };
    let waits = "Waiting: 4 of your runs are running; it starts when one of them ends.";
    let page = get(format!("/runs/{}/", ids[4])).await.expect(200).shows("Cancel");
    // In the text of the page, not only in what is read out.
    page.shows(&format!("<p>{waits}</p>"));
    let progress = get(format!("/runs/{}/progress/", ids[5])).await.expect(200);
    progress.shows("Waiting: 4 of your runs are running, and 1 run is ahead of this one.");

    replicas.start_streams(&local, 18).await;
    let typed = json!({"subscription_name": "my-own-name", "project": "proj", "timeout": 300});
    let body = json!({"broker": "stream-rest", "parameters": typed});
    let post =
        |path: &str| app.http.post(format!("{}{path}", app.base)).header("host", "127.0.0.1:1");
    let refused = app.send(post("/api/runs/").json(&body)).await.expect(429);
    assert_eq!(refused.headers["retry-after"], "30");
    assert!(refused.json()["detail"].as_str().unwrap().starts_with("20 of your runs are queued"));
    let form = [
        ("broker", "stream-rest"),
        ("subscription_name", "my-own-name"),
        ("project", "proj"),
        ("timeout", "300"),
        ("acknowledge", "keep"),
        ("query_name", "of my own"),
        ("action", "run"),
    ];
    let page = app
        .send(post("/alerts/query/create/").header("sec-fetch-site", "same-origin").form(&form))
        .await;
    let page = page.expect(429).shows("20 of your runs are queued");
    assert_eq!(page.headers["retry-after"], "30");
    page.shows("my-own-name").shows("of my own");
    // Saved once, and said to be: what comes back is the form of the saved one.
    let mut saved = form;
    saved[6] = ("action", "save_and_run");
    let create = post("/alerts/query/create/").header("sec-fetch-site", "same-origin");
    let page = app.send(create.form(&saved)).await.expect(429);
    let page = page.shows("The query was saved. 20 of your runs are queued").shows("my-own-name");
    let mut actions = page.body.split("action=\"").filter_map(|it| it.split('"').next());
    assert!(actions.any(|it| it.ends_with("/update/")), "{}", page.body);
    let again = post(&format!("/runs/{}/run/", ids[0])).header("sec-fetch-site", "same-origin");
    app.send(again).await.expect(429).shows("Too many runs").shows("/runs/?state=queued");
    let n: i64 =
        sqlx::query_scalar("select count(*) from run").fetch_one(&replicas.pool).await.unwrap();
    assert_eq!(n, 24, "nothing was stored");
}

#[tokio::test]
async fn two_requests_for_the_last_place_of_a_queue_get_it_once() {
    let ground = Ground::lay(fresh_database().await).await;
    let by = ground.storage.local_asker().await.unwrap();
    let asked = (0..12).map(|_| {
        let (storage, by) = (ground.storage.clone(), by.clone());
        async move { storage.create_run(&by, &new_run(), 5).await }
    });
    let answers = futures::future::join_all(asked).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5);
    assert!(
        answers
            .iter()
            .filter_map(|answer| answer.as_ref().err())
            .all(|error| { matches!(error, NotDone::Refused(Refused::QueueFull { .. })) })
    );
}
