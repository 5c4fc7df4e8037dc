//! Several processes: one of them listens, another goes on when that one stops or dies, and never two at once.

use serde_json::json;

use super::{Setup, night, some_looks, total};

/// Runs of listeners that go on at this moment.
const LIVE: &str = "select count(*) from run where day is not null and state = 'running'";

#[tokio::test(flavor = "multi_thread")]
async fn of_processes_that_look_at_the_same_moment_one_takes_it() {
    let listening = Setup { watches: false, ..Setup::default() }.start().await;
    let query = listening.listen("young").await;
    let storage = listening.app().storage.clone();
    let now = listening.clock.now();
    let found = storage.listeners_at_work(now, std::time::Duration::from_secs(20), None).await;
    let id = found.unwrap()[0].id;
    for round in 0..20 {
        let takes = (0..8).map(|n| {
            let storage = storage.clone();
            tokio::spawn(async move {
                storage.begin_listening(id, &format!("process {n}"), now).await.unwrap()
            })
        });
        let begun = futures::future::join_all(takes).await.into_iter().filter_map(Result::unwrap);
        let begun: Vec<_> = begun.map(|run| run.id).collect();
        assert_eq!(begun.len(), 1, "round {round}: {begun:?}");
        assert_eq!(listening.count(LIVE).await, 1);
        let second = sqlx::query("update run set state = 'running' where day is not null");
        if round > 0 {
            let error = second.execute(&listening.pool).await.unwrap_err().to_string();
            assert!(error.contains("run_of_listener_live"), "the table itself refuses: {error}");
        }
        sqlx::query("update run set state = 'finished'").execute(&listening.pool).await.unwrap();
    }
    assert_eq!(listening.listener(query).await["state"], "starting");
}

#[tokio::test]
async fn when_a_process_stops_in_order_another_goes_on_and_nothing_is_lost_or_twice() {
    let listening = Setup { n_apps: 3, ..Setup::default() }.start().await;
    let packets = night(1, 90);
    let query = listening.listen("young").await;
    let mut seen = Vec::new();
    for n in 0..3 {
        let on = listening.until_state(query, "listening").await;
        seen.push(on["run"].clone());
        let some = &packets[30 * n..30 * (n + 1)];
        let (before, after) = some.split_at(15);
        listening.publish(before);
        if n < 2 {
            let instance: String = sqlx::query_scalar("select instance from run where id = $1")
                .bind(on["run"].as_i64().unwrap())
                .fetch_one(&listening.pool)
                .await
                .unwrap();
            let holder = listening.apps.iter().find(|app| app.runner.instance() == instance);
            let holder = holder.expect("one of them has it");
            // Whatever it has in hand it keeps or gives back.
            holder.runner.retire();
            listening
                .until(query, "another goes on", |it| it["run"].is_i64() && it["run"] != on["run"])
                .await;
            let run = listening.ended(&on["run"]).await;
            assert_eq!(run["state"], "interrupted");
            assert!(
                run["feedback"].as_str().unwrap().contains("continues with its next run"),
                "{run}"
            );
        }
        listening.publish(after);
        assert_eq!(listening.count(LIVE).await, 1);
    }
    listening.until_stored(query, 90).await;
    listening.until(query, "all is acknowledged", |it| total(it, "acknowledged") >= 90).await;
    assert_eq!(listening.count("select count(*) from alert").await, 90, "nothing is lost");
    assert_eq!(listening.count("select count(*) from run_alert").await, 90, "nothing twice");
    assert!(listening.double.available().is_empty() && listening.double.outstanding().is_empty());
    seen.dedup();
    assert_eq!(seen.len(), 3, "three processes had it in turn");
}

#[tokio::test]
async fn a_listener_whose_process_has_fallen_silent_is_taken_over_and_the_silent_one_can_keep_nothing()
 {
    let mut setup = Setup { watches: false, ..Setup::default() };
    let silence = std::time::Duration::from_mins(10);
    setup.timing.listeners.silence = silence;
    // Its runs are called interrupted by the same process: not before this test says so.
    setup.timing.runs.silence = silence * 2;
    let listening = setup.start().await;
    let query = listening.listen("young").await;
    let storage = listening.app().storage.clone();
    let found = storage.listeners_at_work(listening.clock.now(), silence, None).await.unwrap();
    let dead = storage.begin_listening(found[0].id, "dead", listening.clock.now()).await.unwrap();
    let dead = dead.unwrap().id;
    tokio::spawn(listening.app().runner.clone().watch());
    let is_silent_for = async |minutes: i32| {
        sqlx::query("update run set heartbeat = now() - make_interval(mins => $2) where id = $1")
            .bind(dead)
            .bind(minutes)
            .execute(&listening.pool)
            .await
            .unwrap();
    };
    is_silent_for(9).await;
    some_looks().await;
    assert_eq!(listening.listener(query).await["run"], json!(dead), "it was heard of lately");
    is_silent_for(11).await;
    listening.publish(&night(1, 5));
    let on = listening.until_stored(query, 5).await;
    assert_ne!(on["run"], json!(dead));
    let run = listening.ended(&json!(dead)).await;
    assert_eq!(run["state"], "interrupted");
    let batch = tom_alerts::storage::Batch { number: 1, ..Default::default() };
    let kept = storage.keep_batch(dead, batch).await;
    assert!(matches!(kept, Err(tom_alerts::storage::NotKept::RunEnded)), "{kept:?}");
}
