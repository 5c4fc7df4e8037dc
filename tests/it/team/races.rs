//! Many at once, on two replicas of one database: saves, edits, roles, removals, groups that go.

use std::collections::BTreeMap;

use futures::{StreamExt, future::join_all, stream};
use serde_json::{Value, json};

use super::people::{Person, at_browser, enter, insert_member};
use crate::{
    sign_in::{Browser, Deployment, SignInSetup},
    support::Answer,
};

/// Two services on one database.
struct Replicas {
    one: Deployment,
    other: Deployment,
}

impl Replicas {
    async fn start() -> Self {
        let one = Deployment::start().await;
        let setup = SignInSetup {
            database_url: Some(one.app.database_url.clone()),
            ..SignInSetup::default()
        };
        let other = setup.start_at(one.google.clone()).await;
        Self { one, other }
    }

    /// A member of their own at each replica in turn.
    async fn crowd(&self, n: usize) -> Vec<Person> {
        let mut crowd = Vec::new();
        for n in 0..n {
            let replica = if n % 2 == 0 { &self.one } else { &self.other };
            crowd.push(enter(replica, &format!("crowd{n}"), "member").await);
        }
        crowd
    }

    /// A run of the whole team that found so many alerts, an object each: its id, and theirs.
    async fn run(&self, owner: i64, n_objects: usize) -> (i64, Vec<i64>) {
        let sql = format!(
            "insert into run (started_by, query_name, broker, parameters, state, instance, stored)
             values ({owner}, 'r', 'archive', '{{}}', 'finished', 'x', {n_objects}) returning id"
        );
        let run = self.one.count(&sql).await;
        let first = self.one.count("select coalesce(max(source_id), 0) + 1 from alert").await;
        let sql = format!(
            "with made as (
                 insert into alert (survey, source_id, object_id, object_key, jd, ra, dec, healpix)
                 select 'ztf', n, 'ZTFrace' || n, 'ztfrace' || n, 2461000.5, 10, 10, 1
                 from generate_series({first}, {first} + {n_objects} - 1) n
                 returning id, jd, object_id, ra, dec
             )
             insert into run_alert (run_id, alert_id, jd, object_id, ra, dec)
             select {run}, id, jd, object_id, ra, dec from made"
        );
        self.one.execute(&sql).await;
        let alerts = sqlx::query_scalar(
            "select alert_id from run_alert where run_id = $1 order by alert_id",
        )
        .bind(run)
        .fetch_all(&self.one.pool)
        .await
        .unwrap();
        (run, alerts)
    }
}

/// Everybody saves these alerts at once; what each was told.
async fn save_at_once(crowd: &[Person], run: i64, alerts: &[i64]) -> Vec<Value> {
    let body = json!({ "alerts": alerts });
    let path = format!("/api/runs/{run}/targets/");
    let answers = join_all(crowd.iter().map(|person| person.json("POST", &path, &body))).await;
    answers.into_iter().map(|answer| answer.expect(200).json()).collect()
}

fn length(told: &Value, what: &str) -> usize {
    told[what].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_who_save_two_hundred_objects_at_once_make_each_target_once() {
    const AT_ONCE: usize = 10;
    let replicas = Replicas::start().await;
    let crowd = replicas.crowd(50).await;
    let (run, alerts) = replicas.run(crowd[0].id, 200).await;
    let mut n_created = 0;
    for alerts in alerts.chunks(AT_ONCE) {
        for told in save_at_once(&crowd, run, alerts).await {
            assert_eq!(length(&told, "failed"), 0, "{told}");
            assert_eq!(
                length(&told, "created") + length(&told, "existing"),
                alerts.len(),
                "{told}"
            );
            n_created += length(&told, "created");
        }
    }
    assert_eq!(n_created, 200, "each was created by one");
    let count = async |sql: &str| replicas.one.count(sql).await;
    assert_eq!(count("select count(*) from target").await, 200);
    assert_eq!(count("select count(*) from target_alert").await, 200);
    assert_eq!(
        count("select count(distinct name_key) from target_name where is_primary").await,
        200
    );
    assert_eq!(
        count("select count(*) from history where action = 'created' and kind = 'target'").await,
        200
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_they_share_by_default_nothing_fails_and_nobody_gets_a_name_twice_in_one_realm() {
    let replicas = Replicas::start().await;
    let crowd = replicas.crowd(24).await;
    let admin = enter(&replicas.one, "admin", "admin").await;
    let groups = [admin.make_group("one").await, admin.make_group("two").await];
    let mut realms = BTreeMap::new();
    for (n, person) in crowd.iter().enumerate() {
        let readers = match n % 4 {
            0 => vec![0],
            1 => Vec::new(),
            2 => vec![groups[0]],
            _ => groups.to_vec(),
        };
        for group in readers.iter().filter(|group| **group != 0) {
            admin.put_into(*group, person.id).await;
        }
        person.share_by_default(&readers).await;
        realms.insert(person.id, readers);
    }
    let (run, alerts) = replicas.run(crowd[0].id, 60).await;
    let mut n_created = 0;
    for alerts in alerts.chunks(10) {
        for told in save_at_once(&crowd, run, alerts).await {
            assert_eq!(length(&told, "failed"), 0, "{told}");
            assert_eq!(
                length(&told, "created") + length(&told, "existing"),
                alerts.len(),
                "{told}"
            );
            n_created += length(&told, "created");
        }
    }
    let count = async |sql: &str| replicas.one.count(sql).await;
    assert_eq!(count("select count(*) from target").await, i64::try_from(n_created).unwrap());
    assert_eq!(count("select count(distinct name_key) from target_name").await, 60);
    let doubled = "select count(*) from (select from target_name group by name_key, realm having count(*) > 1) d";
    assert_eq!(count(doubled).await, 0);
    // Each sees the object's name in at least one target, and is shown the same one wherever it is linked.
    for person in &crowd {
        let results =
            person.get(&format!("/api/runs/{run}/alerts/?page_size=100")).await.expect(200).json();
        for row in results["results"].as_array().unwrap() {
            let target = row["target"]["id"].as_i64().unwrap_or_else(|| panic!("{row}"));
            person.get(&format!("/api/targets/{target}/")).await.expect(200);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_see_both_realms_and_write_one_name_at_once_make_one_target() {
    let replicas = Replicas::start().await;
    let crowd = replicas.crowd(2).await;
    let groups = [crowd[0].make_group("one").await, crowd[0].make_group("two").await];
    for (person, group) in crowd.iter().zip(groups) {
        crowd[0].put_into(groups[0], crowd[1].id).await;
        crowd[0].put_into(groups[1], crowd[1].id).await;
        person.share_by_default(&[group]).await;
    }
    for round in 0..150 {
        let body = json!({"name": format!("both {round}"), "ra": 1, "dec": 1});
        let answers = tokio::join!(
            crowd[0].json("POST", "/api/targets/", &body),
            crowd[1].json("POST", "/api/targets/", &body)
        );
        let mut statuses = [answers.0.status.as_u16(), answers.1.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422], "{round}: {} {}", answers.0.body, answers.1.body);
    }
    let (run, alerts) = replicas.run(crowd[0].id, 60).await;
    for alert in alerts {
        let told = save_at_once(&crowd, run, &[alert]).await;
        let n_created: usize = told.iter().map(|told| length(told, "created")).sum();
        assert_eq!(n_created, 1, "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_pairs_of_edits_the_second_is_told_each_time() {
    let replicas = Replicas::start().await;
    let crowd = replicas.crowd(2).await;
    let pair = async |n: usize| {
        let made = json!({"name": format!("pair {n}"), "ra": 1, "dec": 1});
        let made = crowd[0].json("POST", "/api/targets/", &made).await.expect(201).json();
        let (id, version) = (made["id"].clone(), made["version"].clone());
        let path = format!("/api/targets/{id}/");
        let edits = [0, 1].map(|who| {
            json!({"name": format!("pair {n}"), "ra": 2, "dec": 2, "note": format!("by {who}"), "version": version})
        });
        let answers = tokio::join!(
            crowd[0].json("PUT", &path, &edits[0]),
            crowd[1].json("PUT", &path, &edits[1])
        );
        let statuses = [answers.0.status.as_u16(), answers.1.status.as_u16()];
        let won = statuses.iter().position(|status| *status == 200);
        assert!(
            statuses.contains(&200) && statuses.contains(&409),
            "{statuses:?}: {}",
            answers.1.body
        );
        let now = crowd[0].get(&path).await.expect(200).json();
        assert_eq!(now["note"], format!("by {}", won.unwrap()), "the one that was told 200 stands");
        assert_eq!(now["version"], version.as_i64().unwrap() + 1);
    };
    stream::iter(0..1_000).for_each_concurrent(6, pair).await;
    let changed = "select count(*) from history where action = 'changed' and kind = 'target'";
    assert_eq!(replicas.one.count(changed).await, 1_000);
}

fn is_refused(answer: &Answer) -> bool {
    answer.status.as_u16() == 403
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_is_lowered_holds_with_the_next_request_on_every_replica() {
    let replicas = Replicas::start().await;
    let admin = enter(&replicas.one, "admin", "admin").await;
    let deputy = enter(&replicas.other, "deputy", "admin").await;
    let token = deputy.make_token("program", "write").await;
    let program = super::people::Program::new(&replicas.one, &token);
    let role = format!("/team/members/{}/role/", deputy.id);
    for round in 0..100 {
        let name = format!("round {round}");
        deputy.post_to_page("/team/", &[("by", "link")]).await.expect(200);
        admin.post(&role, &[("role", "member")]).await.expect(303);
        assert!(is_refused(&deputy.post("/team/", &[("by", "link")]).await), "{round}");
        assert!(is_refused(&deputy.get("/team/history/").await), "{round}");
        deputy.make_target(&name).await;
        admin.post(&role, &[("role", "viewer")]).await.expect(303);
        let body = json!({"name": name + "b", "ra": 1, "dec": 1});
        assert!(is_refused(&deputy.json("POST", "/api/targets/", &body).await), "{round}");
        assert!(is_refused(&program.json("POST", "/api/targets/", &body).await), "{round}");
        admin.post(&role, &[("role", "admin")]).await.expect(303);
    }
    assert_eq!(replicas.one.count("select count(*) from target").await, 100);
    let made = "select count(*) from history where kind = 'invitation' and action = 'created'";
    assert_eq!(replicas.one.count(made).await, 100);
    let live = "select count(*) from invitation";
    assert_eq!(replicas.one.count(live).await, 0, "who is no admin any more invites nobody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_removed_is_out_with_the_next_request_on_every_replica() {
    let replicas = Replicas::start().await;
    let admin = enter(&replicas.one, "admin", "admin").await;
    for round in 0..60 {
        let guest = enter(&replicas.other, &format!("guest{round}"), "member").await;
        let token = guest.make_token("program", "write").await;
        let program = super::people::Program::new(&replicas.one, &token);
        guest.get("/api/targets/").await.expect(200);
        program.get("/api/targets/").await.expect(200);
        admin.post(&format!("/team/members/{}/remove/", guest.id), &[]).await.expect(303);
        let body = json!({"name": format!("round {round}"), "ra": 1, "dec": 1});
        guest.json("POST", "/api/targets/", &body).await.expect(401);
        program.json("POST", "/api/targets/", &body).await.expect(401);
        program.get("/api/targets/").await.expect(401);
        assert!(guest.get("/targets/").await.location().starts_with("/accounts/login/"));
    }
    assert_eq!(replicas.one.count("select count(*) from target").await, 0);
    assert_eq!(replicas.one.count("select count(*) from team_group_member").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_admins_who_demote_or_remove_each_other_at_once_one_stays() {
    let replicas = Replicas::start().await;
    let ids = [
        insert_member(&replicas.one, "ada", "admin").await,
        insert_member(&replicas.one, "bob", "admin").await,
    ];
    let acts: [(&str, Vec<(&str, &str)>); 2] =
        [("role", vec![("role", "viewer")]), ("remove", Vec::new())];
    for round in 0..120 {
        let browsers: [Browser; 2] =
            [at_browser(&replicas.one, ids[0]).await, at_browser(&replicas.other, ids[1]).await];
        let (first, second) = (&acts[round % 2], &acts[round / 2 % 2]);
        let paths = [(ids[1], first), (ids[0], second)]
            .map(|(id, act)| format!("/team/members/{id}/{}/", act.0));
        let answers = tokio::join!(
            browsers[0].post(&paths[0], &first.1),
            browsers[1].post(&paths[1], &second.1)
        );
        let statuses = [answers.0.status.as_u16(), answers.1.status.as_u16()];
        assert!(statuses.contains(&303), "{round}: {statuses:?}");
        assert!(
            statuses.iter().any(|status| [401, 403, 422].contains(status)),
            "{round}: {statuses:?}"
        );
        let admins = "select count(*) from member where role = 'admin' and removed is null";
        assert_eq!(replicas.one.count(admins).await, 1, "{round}: {statuses:?}");
        replicas.one.execute("update member set role = 'admin', removed = null").await;
    }
    // Alone one cannot go, nor step down.
    replicas.one.execute(&format!("update member set role = 'member' where id = {}", ids[1])).await;
    let ada = at_browser(&replicas.one, ids[0]).await;
    ada.post(&format!("/team/members/{}/role/", ids[0]), &[("role", "member")])
        .await
        .expect(422)
        .shows("last admin");
    ada.post(&format!("/team/members/{}/remove/", ids[0]), &[])
        .await
        .expect(422)
        .shows("last admin");
    assert!(ada.is_in().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_is_deleted_while_things_are_shared_with_it_leaves_no_trace() {
    let replicas = Replicas::start().await;
    let owner = enter(&replicas.one, "owner", "member").await;
    let other = Person { browser: at_browser(&replicas.other, owner.id).await, ..owner.clone() };
    let mut n_shared = 0;
    for round in 0..60 {
        let group = owner.make_group(&format!("group {round}")).await;
        let query = owner.make_query("a query").await;
        let target = owner.make_target(&format!("shared {round}")).await;
        owner.share_by_default(&[group]).await;
        let sharing = json!({"readers": [group], "writers": [group], "sharers": []});
        let (query_path, target_path) =
            (format!("/api/queries/{query}/sharing/"), format!("/api/targets/{target}/sharing/"));
        let target = json!({"name": format!("made {round}"), "ra": 1, "dec": 1});
        let saved_query = super::people::query("made");
        let delete = format!("/team/groups/{group}/delete/");
        let pause = tokio::time::Duration::from_millis(u64::try_from(round % 6).unwrap());
        let answers = tokio::join!(
            other.json("PUT", &query_path, &sharing),
            other.json("PUT", &target_path, &sharing),
            other.json("POST", "/api/targets/", &target),
            other.json("POST", "/api/queries/", &saved_query),
            async {
                tokio::time::sleep(pause).await;
                owner.post(&delete, &[]).await
            }
        );
        answers.4.expect(303);
        for answer in [&answers.0, &answers.1, &answers.2, &answers.3] {
            let status = answer.status.as_u16();
            assert!([200, 201, 403, 404].contains(&status), "{round}: {status} {}", answer.body);
            n_shared += usize::from(status == 200);
        }
        for table in ["saved_query", "target", "run"] {
            let sql = format!(
                "select count(*) from {table}, unnest(readers || writers || sharers) named
                 where named <> 0 and named not in (select id from team_group)"
            );
            assert_eq!(
                replicas.one.count(&sql).await,
                0,
                "{round}: {table} names a group that is gone"
            );
        }
        let defaults = "select count(*) from member, unnest(default_readers) named
                        where named <> 0 and named not in (select id from team_group)";
        assert_eq!(replicas.one.count(defaults).await, 0, "{round}");
        owner.get("/targets/").await.expect(200);
    }
    assert!(n_shared > 0, "some came before");
}
