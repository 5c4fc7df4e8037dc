//! A listener acts as who started it: it is paused when they may no more, and when somebody else changes what it asks for.

use serde_json::{Value, json};

use crate::{
    sign_in::{
        Browser, Deployment,
        setup::{PROJECT, Stream},
    },
    support::Answer,
};

const EVE: &str = "eve@obs.example";

struct Team {
    deployment: Deployment,
    boss: Browser,
    eve: Browser,
    query: i64,
    _stream: Stream,
}

impl Team {
    /// Eve listens to a query of hers, which the team sees and changes.
    async fn start() -> Self {
        let deployment = Deployment::start().await;
        tokio::spawn(deployment.app.runner.clone().watch());
        let stream = deployment.stream(PROJECT).await;
        let boss = deployment.connected("boss@obs.example").await;
        let eve = deployment.connected(EVE).await;
        let form = json!({"subscription_name": "loop-1", "project": PROJECT, "timeout": 1});
        let body = json!({"name": "young", "broker": "stream-rest", "parameters": form});
        let query = eve.post_json("/api/queries/", &body).await.expect(201).json();
        let query = query["id"].as_i64().unwrap();
        let path = format!("/alerts/query/{query}/share/");
        eve.post(&path, &[("readers", "0"), ("writers", "0")]).await.expect(303);
        eve.post(&format!("/alerts/query/{query}/listener/start/"), &[]).await.expect(303);
        let team = Self { deployment, boss, eve, query, _stream: stream };
        team.until("listening").await;
        team
    }

    async fn listener(&self) -> Value {
        let path = format!("/api/queries/{}/listener/", self.query);
        self.boss.get(&path).await.expect(200).json()
    }

    async fn until(&self, state: &str) -> Value {
        let mut listener = Value::Null;
        for _ in 0..2_400 {
            listener = self.listener().await;
            if listener["state"] == state && (state != "paused" || listener["run"].is_null()) {
                return listener;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("it does not become {state}: {listener}");
    }

    /// Waits until it is paused, and says why on its page; then the boss goes on with it as themselves.
    async fn is_paused_because(&self, because: &str) {
        let paused = self.until("paused").await;
        assert!(paused["trouble"].as_str().unwrap().contains(because), "{paused}");
        let path = format!("/alerts/query/{}/listener/", self.query);
        let page = self.boss.get(&path).await.expect(200);
        page.shows("Paused by the service").shows(because).shows(">Resume<");
        let history = self.boss.get(&format!("/alerts/query/{}/history/", self.query)).await;
        history.expect(200).shows("paused listening");
        self.boss.post(&format!("{path}start/"), &[]).await.expect(303);
        let on = self.until("listening").await;
        assert_eq!(on["acts_as"], "boss", "{on}");
        assert_eq!(on["trouble"], Value::Null);
    }

    async fn change(&self, by: &Browser) -> Answer {
        let form = json!({"subscription_name": "loop-1", "project": PROJECT, "timeout": 2});
        let body = json!({"name": "young", "parameters": form, "version": 1});
        let path = format!("/api/queries/{}/", self.query);
        by.send(by.request("PUT", &path).json(&body)).await
    }
}

#[tokio::test]
async fn one_who_is_removed_is_acted_as_no_more() {
    let team = Team::start().await;
    let eve = team.deployment.member_id(EVE).await;
    team.boss.post(&format!("/team/members/{eve}/remove/"), &[]).await.expect(303);
    team.is_paused_because("is no longer in the team").await;
}

#[tokio::test]
async fn one_who_may_look_only_is_acted_as_no_more() {
    let team = Team::start().await;
    let eve = team.deployment.member_id(EVE).await;
    let path = format!("/team/members/{eve}/role/");
    team.boss.post(&path, &[("role", "viewer")]).await.expect(303);
    team.is_paused_because("is a viewer now").await;
}

#[tokio::test]
async fn one_who_lost_the_right_to_the_query_is_acted_as_no_more() {
    let team = Team::start().await;
    let (eve, boss) =
        (team.deployment.member_id(EVE).await, team.deployment.member_id("boss@obs.example").await);
    let sql = format!(
        "update saved_query set owner_id = {boss}, writers = '{{}}' where owner_id = {eve}"
    );
    team.deployment.execute(&sql).await;
    team.is_paused_because("may no longer edit this query").await;
}

#[tokio::test]
async fn what_somebody_else_asks_for_is_not_asked_for_with_ones_own_account() {
    let team = Team::start().await;
    let form = team.boss.get(&format!("/alerts/query/{}/update/", team.query)).await.expect(200);
    form.shows("eve listens to this query. Saving a changed form pauses the listener");
    team.change(&team.boss).await.expect(200);
    team.is_paused_because("changed the query").await;
}

#[tokio::test]
async fn whoever_goes_on_is_acted_as_at_once_also_when_the_run_before_has_not_ended_yet() {
    let team = Team::start().await;
    let before = team.listener().await;
    // Both between two looks, so that no process has seen it paused.
    let path = format!("/alerts/query/{}/listener/", team.query);
    for _ in 0..3 {
        team.eve.post(&format!("{path}pause/"), &[]).await.expect(303);
        team.boss.post(&format!("{path}start/"), &[]).await.expect(303);
    }
    for _ in 0..1_200 {
        let now = team.listener().await;
        if now["run"].is_i64() && now["run"] != before["run"] {
            assert_eq!(now["acts_as"], "boss");
            let sql = "select m.name from run r join member m on m.id = r.started_by where r.state = 'running'";
            let acts: Vec<String> =
                sqlx::query_scalar(sql).fetch_all(&team.deployment.pool).await.unwrap();
            // A run that a look began between two of the changes may have ended by now; another follows it.
            assert!(acts.iter().all(|name| name == "boss"), "{acts:?}");
            if !acts.is_empty() {
                return;
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the run of who has paused it goes on");
}

#[tokio::test]
async fn what_they_ask_for_themselves_goes_on() {
    let team = Team::start().await;
    let before = team.listener().await;
    team.change(&team.eve).await.expect(200);
    for _ in 0..2_400 {
        let now = team.listener().await;
        if now["run"].is_i64() && now["run"] != before["run"] {
            assert_eq!(now["acts_as"], before["acts_as"]);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("it does not begin anew");
}
