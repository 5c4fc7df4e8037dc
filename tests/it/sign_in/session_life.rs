//! How long sessions live, and how their owner ends them from elsewhere.

use super::{ADA, BOB, Deployment};

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_for_two_hours() {
    let deployment = Deployment::start().await;
    let browser = deployment.signed_in(ADA).await;
    for (idle, is_alive) in [("119 minutes", true), ("121 minutes", false)] {
        deployment
            .execute(&format!("update session set last_seen = now() - interval '{idle}'"))
            .await;
        let cookie = browser.cookie("sid").unwrap();
        assert_eq!(browser.is_in().await, is_alive, "{idle}");
        browser.put_cookie("sid", &cookie);
        assert_eq!(browser.is_in().await, is_alive, "{idle}, asked again");
        browser.put_cookie("sid", &cookie);
    }
    let sent_away = browser.get("/runs/").await.expect(303);
    assert_eq!(sent_away.location(), "/accounts/login/?next=%2Fruns%2F");
}

#[tokio::test]
async fn use_keeps_a_session_alive_but_not_for_more_than_twelve_hours() {
    let deployment = Deployment::start().await;
    let browser = deployment.signed_in(ADA).await;
    let left = "select ceil(extract(epoch from expires - now()) / 3600)::bigint from session";
    assert_eq!(deployment.count(left).await, 12);
    deployment.execute("update session set last_seen = now() - interval '90 minutes'").await;
    assert!(browser.is_in().await);
    let seen = "select count(*) from session where last_seen > now() - interval '1 minute'";
    assert_eq!(deployment.count(seen).await, 1, "it was used");
    assert_eq!(deployment.count(left).await, 12, "its end stays where it was");
    deployment.execute("update session set expires = now() - interval '1 second'").await;
    assert!(!browser.is_in().await);
}

#[tokio::test]
async fn what_has_ended_is_pruned_and_what_lives_is_not() {
    let deployment = Deployment::start().await;
    deployment.signed_in(ADA).await;
    let member = deployment.member_id(ADA).await;
    for _ in 0..4 {
        deployment.session_of(member).await;
    }
    let oldest = "(select id from session order by id limit 2)";
    deployment
        .execute(&format!(
            "update session set expires = now() - interval '1 second' where id in {oldest}"
        ))
        .await;
    deployment
        .execute(
            "update session set last_seen = now() - interval '3 hours'
             where id = (select max(id) from session)",
        )
        .await;
    let asker = deployment.app.storage.asker(member).await.unwrap().unwrap();
    assert_eq!(deployment.app.storage.list_sessions(&asker).await.unwrap().len(), 2);
    assert_eq!(deployment.app.storage.prune_sessions().await.unwrap(), 3);
    assert_eq!(deployment.sessions().await, 2);
    assert_eq!(deployment.app.storage.prune_sessions().await.unwrap(), 0);
}

#[tokio::test]
async fn a_member_sees_and_ends_their_other_sessions() {
    let deployment = Deployment::start().await;
    let here = deployment.signed_in(ADA).await;
    let there = deployment.signed_in(ADA).await;
    let far = deployment.signed_in(ADA).await;
    let profile = here.get("/accounts/profile/").await.expect(200);
    assert_eq!(profile.body.matches("name=\"session\"").count(), 2, "not its own");
    let profile = profile.shows("this one").shows("Sign out everywhere else");
    for browser in [&here, &there, &far] {
        assert!(!profile.body.contains(&browser.cookie("sid").unwrap()), "ids are no secrets here");
    }
    let oldest_other =
        deployment.count("select id from session order by id offset 1 limit 1").await;
    let form = [("session", oldest_other.to_string())];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    here.post("/accounts/sessions/end/", &form).await.expect(303);
    assert!(here.is_in().await && !there.is_in().await && far.is_in().await);
    here.post("/accounts/sessions/end/", &form).await.expect(404);
    for slip in ["", "abc", "99999999999999999999"] {
        here.post("/accounts/sessions/end/", &[("session", slip)]).await.expect(404);
    }
    assert!(far.is_in().await, "a slip ends nothing");
    here.post("/accounts/sessions/end/", &[("all", "others")]).await.expect(303);
    assert!(here.is_in().await && !far.is_in().await);
    here.get("/accounts/profile/").await.expect(200).hides("Sign out everywhere else");
    assert_eq!(deployment.sessions().await, 1);
}

#[tokio::test]
async fn nobody_ends_the_session_of_another_member() {
    let deployment = Deployment::start().await;
    let ada = deployment.signed_in(ADA).await;
    let bob = deployment.signed_in(BOB).await;
    let adas = deployment.count("select min(id) from session").await.to_string();
    let foreign = bob.post("/accounts/sessions/end/", &[("session", &adas)]).await.expect(404);
    let absent = bob.post("/accounts/sessions/end/", &[("session", "999999")]).await.expect(404);
    assert_eq!(foreign.body, absent.body, "it is as if there were none");
    bob.post("/accounts/sessions/end/", &[("all", "others")]).await.expect(303);
    bob.post("/accounts/sessions/end/", &[("session", "x")]).await.expect(404);
    assert!(ada.is_in().await && bob.is_in().await);
    bob.get("/accounts/profile/").await.expect(200).hides(ADA);
}

#[tokio::test]
async fn a_form_that_was_sent_after_the_session_ended_is_not_lost() {
    let deployment = Deployment::start().await;
    let browser = deployment.signed_in(ADA).await;
    deployment.execute("delete from session").await;
    let form = [("name", "nova <17>"), ("ra", "10"), ("dec", "20")];
    let answer = browser.post("/targets/create/", &form).await.expect(401);
    let answer = answer.shows("action=\"/targets/create/\"").shows("nova &#60;17&#62;");
    answer.shows("value=\"20\"").hides("nova <17>");
    assert_eq!(deployment.count("select count(*) from target").await, 0);
}

#[tokio::test]
async fn a_database_that_is_away_is_no_sign_out() {
    let deployment = Deployment::start().await;
    let browser = deployment.signed_in(ADA).await;
    deployment.execute("alter table session rename to session_away").await;
    let cookie = browser.cookie("sid");
    let page = browser.get("/runs/").await.expect(503);
    page.shows("try again in a moment");
    browser.get("/api/runs/").await.expect(503);
    assert_eq!(browser.cookie("sid"), cookie, "the cookie stays");
    deployment.execute("alter table session_away rename to session").await;
    assert!(browser.is_in().await);
}
