//! Who may enter: thirty people at the door of a deployment of `obs.example`.

use tom_alerts::actions::sign_in::Policy;

use super::{ADA, BOB, SignInSetup};
use crate::google_double::Account;

const BOSS: &str = "boss@obs.example";

fn closed() -> SignInSetup {
    let policy = Policy { admins: vec![BOSS.to_owned()], domains: vec!["obs.example".to_owned()] };
    SignInSetup { policy, ..SignInSetup::default() }
}

fn of_domain(email: &str, hd: &str) -> Account {
    Account { hd: Some(hd.to_owned()), ..Account::new(email) }
}

fn unverified(email: &str) -> Account {
    Account { email_verified: false, ..Account::new(email) }
}

#[tokio::test]
async fn of_thirty_people_at_the_door_only_those_of_the_house_come_in() {
    let deployment = closed().start().await;
    deployment.signed_in(BOSS).await;
    let invited = "guest@mail.example";
    let boss = deployment.signed_in(BOSS).await;
    boss.post("/team/", &[("email", invited), ("role", "viewer")]).await.expect(303);
    deployment.signed_in(ADA).await;
    let people = [
        (Account::new("carl@obs.example"), true),
        (of_domain("dora@obs.example", "obs.example"), true),
        (of_domain("emil@obs.example", "OBS.example"), true),
        (Account::new("Frida@OBS.EXAMPLE"), true),
        (Account::new("Guest@Mail.Example"), true),
        (of_domain("hans@obs.example", "evil.example"), false),
        (of_domain("ida@evil.example", "obs.example"), false),
        (of_domain("jan@obs.example", ""), false),
        (unverified("karl@obs.example"), false),
        (Account { sub: "79".to_owned(), ..unverified(BOSS) }, false),
        (unverified("other.guest@mail.example"), false),
        (Account::new("lena@evil.example"), false),
        (Account::new("mia@sub.obs.example"), false),
        (Account::new("nils@obs.example.evil.example"), false),
        (Account::new("olga@evil-obs.example"), false),
        (Account::new("paul@obs.example."), false),
        (Account::new("quinn@.obs.example"), false),
        (Account::new("rosa@obs.exampl\u{435}"), false),
        (Account::new("sven@\u{43e}bs.example"), false),
        (Account::new("tina@obs\u{2024}example"), false),
        (Account::new("ulf@xn--bs-jbc.example"), false),
        (Account::new("obs.example"), false),
        (Account::new("x@evil.example@obs.example"), false),
        (Account::new("x@obs.example@evil.example"), false),
        (Account::new("\"x@obs.example\"@evil.example"), false),
        (Account::new("x@evil.example\u{0}@obs.example"), false),
        (Account::new("x@obs.example evil.example"), false),
        // The same address with another account is not the same person.
        (Account { sub: "77".to_owned(), ..Account::new(ADA) }, false),
        (Account { sub: "78".to_owned(), ..Account::new(BOSS) }, false),
        (Account { sub: String::new(), ..Account::new("vera@obs.example") }, false),
        (Account { sub: "7".repeat(300), ..Account::new("will@obs.example") }, false),
    ];
    assert!(people.len() >= 30);
    for (person, is_let_in) in people {
        let (sessions, members) =
            (deployment.sessions().await, deployment.count("select count(*) from member").await);
        let browser = deployment.browser();
        deployment.google.account(person.clone());
        let answer = browser.sign_in("/").await;
        assert_eq!(answer.status.as_u16() == 303, is_let_in, "{person:?}: {}", answer.body);
        assert_eq!(browser.is_in().await, is_let_in, "{person:?}");
        if !is_let_in {
            assert_eq!(deployment.sessions().await, sessions, "{person:?}");
            let now = deployment.count("select count(*) from member").await;
            assert_eq!(now, members, "{person:?}");
        }
    }
}

#[tokio::test]
async fn a_stranger_gets_a_clear_page_and_no_data() {
    let deployment = closed().start().await;
    let ada = deployment.signed_in(ADA).await;
    let target = [("name", "secret-nova-17"), ("ra", "10"), ("dec", "10")];
    ada.post("/targets/create/", &target).await;
    deployment.google.account(Account::new("lena@evil.example"));
    let stranger = deployment.browser();
    let answer = stranger.sign_in("/targets/").await.expect(403);
    let answer = answer.shows("No access yet").shows("lena@evil.example");
    let answer = answer.shows("Ask an admin").shows("Use another account");
    answer.hides("secret-nova-17").hides(ADA).hides(BOSS).hides("Sign out");
    stranger.get("/targets/").await.expect(303).hides("secret-nova-17");
    stranger.get("/api/targets/").await.expect(401).hides("secret-nova-17");
    deployment.google.account(unverified("karl@obs.example"));
    deployment.browser().sign_in("/").await.expect(403).shows("has not verified the address");
    deployment.google.account(Account { sub: "77".to_owned(), ..Account::new(ADA) });
    deployment
        .browser()
        .sign_in("/")
        .await
        .expect(403)
        .shows("belongs to a member with another account");
}

#[tokio::test]
async fn a_member_is_known_by_account_whatever_becomes_of_the_address() {
    let deployment = closed().start().await;
    deployment.signed_in(ADA).await;
    let id = deployment.member_id(ADA).await;
    let renamed = Account { email: "ada@elsewhere.example".to_owned(), ..Account::new(ADA) };
    deployment.google.account(renamed.clone());
    let browser = deployment.browser();
    browser.sign_in("/").await.expect(303);
    browser.get("/accounts/profile/").await.expect(200).shows("ada@elsewhere.example");
    assert_eq!(deployment.member_id("ada@elsewhere.example").await, id);
    // An address that nobody has checked replaces none that was.
    let unchecked = Account { email: BOSS.to_owned(), email_verified: false, ..Account::new(ADA) };
    deployment.google.account(unchecked);
    browser.sign_in("/").await.expect(303);
    assert_eq!(deployment.member_id("ada@elsewhere.example").await, id);
    assert_eq!(deployment.count("select count(*) from member where role = 'admin'").await, 0);
    // The address that is free again may come to somebody else, who is somebody else.
    deployment.google.account(Account { sub: "77".to_owned(), ..Account::new(ADA) });
    deployment.browser().sign_in("/").await.expect(303);
    assert_ne!(deployment.member_id(ADA).await, id);
}

#[tokio::test]
async fn a_member_who_is_gone_is_out_at_once() {
    let deployment = closed().start().await;
    let browser = deployment.connected(ADA).await;
    let bob = deployment.signed_in(BOB).await;
    let boss = deployment.signed_in(BOSS).await;
    let id = deployment.member_id(ADA).await;
    boss.post(&format!("/team/members/{id}/remove/"), &[]).await.expect(303);
    assert!(!browser.is_in().await && bob.is_in().await);
    assert_eq!(deployment.count("select count(*) from google_credential").await, 0);
}
