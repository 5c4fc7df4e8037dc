//! Admins and invitations: the first one, those of the settings, and those who are asked in.

use std::collections::BTreeMap;

use tom_alerts::actions::sign_in::Policy;

use super::{ADA, BOB, Browser, Deployment, SignInSetup};
use crate::google_double::Account;

fn with_policy(admins: &[&str], domains: &[&str]) -> SignInSetup {
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
    SignInSetup {
        policy: Policy { admins: words(admins), domains: words(domains) },
        ..SignInSetup::default()
    }
}

async fn roles(deployment: &Deployment) -> BTreeMap<String, String> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("select email, role from member where not is_local")
            .fetch_all(&deployment.pool)
            .await
            .unwrap();
    rows.into_iter().collect()
}

async fn invite(admin: &Browser, email: &str, role: &str) {
    let answer = admin.post("/team/", &[("email", email), ("role", role)]).await;
    assert_eq!(answer.location(), "/team/", "{}", answer.body);
}

#[tokio::test]
async fn the_first_to_sign_in_is_admin_and_nobody_after_that() {
    let deployment = with_policy(&[], &[]).start().await;
    deployment.signed_in(ADA).await;
    deployment.google.account(Account::new(BOB));
    deployment.browser().sign_in("/").await.expect(403).shows("No access yet");
    assert_eq!(roles(&deployment).await, [(ADA.to_owned(), "admin".to_owned())].into());
}

#[tokio::test]
async fn of_many_who_are_first_at_once_one_is_admin() {
    for _ in 0..3 {
        let deployment = with_policy(&[], &[]).start().await;
        let mut waiting = Vec::new();
        for n in 0..20 {
            deployment.google.account(Account::new(&format!("first{n}@mail.example")));
            let browser = deployment.browser();
            let way = browser.depart("/").await;
            let back = browser.visit(&way).await;
            waiting.push((browser, back));
        }
        let answers = waiting.iter().map(|(browser, back)| browser.get(back));
        let answers = futures::future::join_all(answers).await;
        let n_in = answers.iter().filter(|answer| answer.status.as_u16() == 303).count();
        assert_eq!(n_in, 1);
        assert_eq!(roles(&deployment).await.into_values().collect::<Vec<_>>(), ["admin"]);
        assert_eq!(deployment.sessions().await, 1);
    }
}

#[tokio::test]
async fn where_the_settings_name_an_admin_the_first_stranger_is_a_stranger() {
    let deployment = with_policy(&[ADA], &[]).start().await;
    deployment.google.account(Account::new("lena@evil.example"));
    deployment.browser().sign_in("/").await.expect(403).shows("No access yet");
    assert!(roles(&deployment).await.is_empty());
    deployment.signed_in(ADA).await;
    assert_eq!(roles(&deployment).await[ADA], "admin");
}

#[tokio::test]
async fn where_the_settings_name_a_domain_the_first_stranger_is_a_stranger() {
    let deployment = with_policy(&[], &["obs.example"]).start().await;
    deployment.google.account(Account::new("lena@evil.example"));
    deployment.browser().sign_in("/").await.expect(403).shows("No access yet");
    assert!(roles(&deployment).await.is_empty());
    deployment.signed_in(ADA).await;
    deployment.signed_in(BOB).await;
    let expected = [(ADA, "admin"), (BOB, "member")];
    let expected = expected.map(|(email, role)| (email.to_owned(), role.to_owned()));
    assert_eq!(roles(&deployment).await, expected.into());
}

#[tokio::test]
async fn an_admin_of_the_settings_is_one_again_at_each_sign_in() {
    let deployment = with_policy(&[ADA], &["obs.example"]).start().await;
    deployment.signed_in(ADA).await;
    deployment.signed_in(BOB).await;
    deployment.execute("update member set role = 'viewer'").await;
    deployment.signed_in(ADA).await;
    deployment.signed_in(BOB).await;
    let roles = roles(&deployment).await;
    assert_eq!((roles[ADA].as_str(), roles[BOB].as_str()), ("admin", "viewer"));
}

#[tokio::test]
async fn an_invitation_lets_one_account_in_once() {
    let deployment = with_policy(&[ADA], &[]).start().await;
    let admin = deployment.signed_in(ADA).await;
    let guest = "guest@mail.example";
    invite(&admin, "Guest@Mail.Example", "viewer").await;
    admin.get("/team/").await.expect(200).shows(guest);
    deployment.signed_in(guest).await;
    assert_eq!(roles(&deployment).await[guest], "viewer");
    assert_eq!(deployment.count("select count(*) from invitation").await, 0);
    // It is used up: another account with that address is not let in by it.
    deployment.google.account(Account { sub: "77".to_owned(), ..Account::new(guest) });
    deployment.browser().sign_in("/").await.expect(403);
    let id = deployment.member_id(guest).await;
    admin.post(&format!("/team/members/{id}/remove/"), &[]).await.expect(303);
    deployment.google.account(Account::new(guest));
    deployment.browser().sign_in("/").await.expect(403).shows("No access yet");
}

#[tokio::test]
async fn two_accounts_with_an_invited_address_do_not_both_come_in() {
    let deployment = with_policy(&[ADA], &[]).start().await;
    let admin = deployment.signed_in(ADA).await;
    for round in 0..5 {
        let guest = format!("guest{round}@mail.example");
        invite(&admin, &guest, "member").await;
        let mut waiting = Vec::new();
        for sub in ["one", "two", "three"] {
            let sub = format!("{sub}{round}");
            deployment.google.account(Account { sub, ..Account::new(&guest) });
            let browser = deployment.browser();
            let way = browser.depart("/").await;
            let back = browser.visit(&way).await;
            waiting.push((browser, back));
        }
        let answers = waiting.iter().map(|(browser, back)| browser.get(back));
        let answers = futures::future::join_all(answers).await;
        let n_in = answers.iter().filter(|answer| answer.status.as_u16() == 303).count();
        assert_eq!(n_in, 1, "round {round}");
    }
}

#[tokio::test]
async fn an_invitation_that_is_taken_back_lets_nobody_in() {
    let deployment = with_policy(&[ADA], &[]).start().await;
    let admin = deployment.signed_in(ADA).await;
    invite(&admin, "guest@mail.example", "member").await;
    let id = deployment.count("select id from invitation").await;
    let path = format!("/team/invitations/{id}/delete/");
    admin.post(&path, &[]).await.expect(303);
    admin.post(&path, &[]).await.expect(404);
    deployment.google.account(Account::new("guest@mail.example"));
    deployment.browser().sign_in("/").await.expect(403);
}

#[tokio::test]
async fn only_admins_decide_who_comes_in() {
    let deployment = with_policy(&[ADA], &["obs.example"]).start().await;
    let admin = deployment.signed_in(ADA).await;
    invite(&admin, "guest@mail.example", "admin").await;
    let id = deployment.count("select id from invitation").await;
    let member = deployment.signed_in(BOB).await;
    member.get("/team/").await.expect(200).hides("guest@mail.example");
    let form = [("email", "friend@mail.example"), ("role", "admin")];
    member.post("/team/", &form).await.expect(403).shows("Only admins");
    member.post(&format!("/team/invitations/{id}/delete/"), &[]).await.expect(403);
    assert_eq!(deployment.count("select count(*) from invitation").await, 1);
    // A role that is taken away is gone with the next request.
    deployment.execute("update member set role = 'member'").await;
    admin.post("/team/", &form).await.expect(403);
}
