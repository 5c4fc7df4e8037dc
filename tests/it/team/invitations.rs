//! Invitations by link and by address: each lets in one, once; who was removed needs a new one.

use futures::future::join_all;
use tom_alerts::actions::sign_in::Policy;

use super::people::{Person, address_of, enter, link_in};
use crate::{
    google_double::Account,
    sign_in::{Browser, Deployment, SignInSetup, browser::parameter},
    support::Answer,
};

const BOSS: &str = "boss@obs.example";

/// A deployment with an admin, where these domains are welcome.
async fn deployment(domains: &[&str]) -> (Deployment, Person) {
    let domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
    let policy = Policy { admins: vec![BOSS.to_owned()], domains };
    let deployment = SignInSetup { policy, ..SignInSetup::default() }.start().await;
    let browser = deployment.signed_in(BOSS).await;
    let id = deployment.member_id(BOSS).await;
    (deployment, Person { id, browser })
}

/// Makes a link; its path.
async fn link(admin: &Person, role: &str) -> String {
    let page = admin.post_to_page("/team/", &[("by", "link"), ("role", role)]).await.expect(200);
    link_in(&page.body).unwrap()
}

fn secret(link: &str) -> &str {
    link.trim_matches('/').rsplit('/').next().unwrap()
}

/// Presses *Sign in* on the page of a link, and comes back from the provider.
async fn join_by(
    deployment: &Deployment,
    browser: &Browser,
    account: Account,
    secret: &str,
) -> Answer {
    deployment.google.account(account);
    let form = [("next", "/"), ("invitation", secret)];
    let way = browser.post("/accounts/login/", &form).await.expect(303);
    let way: url::Url = way.location().parse().unwrap();
    let is_told = secret.len() > 20 && way.as_str().contains(secret);
    assert!(!is_told, "the provider learns nothing of the link");
    assert!(parameter(&way, "state").is_some());
    let back = browser.visit(&way).await;
    browser.get(&back).await
}

async fn role_of(deployment: &Deployment, email: &str) -> Option<String> {
    sqlx::query_scalar("select role from member where email = $1 and removed is null")
        .bind(email)
        .fetch_optional(&deployment.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_link_leads_through_the_sign_in_and_lets_one_in() {
    let (deployment, boss) = deployment(&[]).await;
    for role in ["viewer", "member", "admin"] {
        let email = format!("{role}@mail.example");
        let link = link(&boss, role).await;
        let guest = deployment.browser();
        let page = guest.get(&link).await.expect(200).shows("boss").shows(role);
        // What the page's form sends is what brings them in.
        assert!(
            page.body.contains(&format!("name=\"invitation\" value=\"{}\"", secret(&link))),
            "{}",
            page.body
        );
        let answer = join_by(&deployment, &guest, Account::new(&email), secret(&link)).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, "/"), "{}", answer.body);
        assert!(guest.is_in().await);
        assert_eq!(role_of(&deployment, &email).await.as_deref(), Some(role));
        let told = format!(
            "select count(*) from history where action = 'joined' and detail->>'email' = '{email}'
             and detail->>'invited_by' = 'boss'"
        );
        assert_eq!(deployment.count(&told).await, 1, "the history says by whom");
        deployment.browser().get(&link).await.expect(404);
        let late = deployment.browser();
        join_by(&deployment, &late, Account::new("late@mail.example"), secret(&link))
            .await
            .expect(403);
        assert!(!late.is_in().await);
    }
    assert_eq!(deployment.count("select count(*) from invitation").await, 0);
    assert_eq!(deployment.count("select count(*) from history where action = 'joined'").await, 4);
}

#[tokio::test]
async fn of_many_who_come_with_one_link_at_once_one_comes_in() {
    let (deployment, boss) = deployment(&[]).await;
    for round in 0..5 {
        let link = link(&boss, "member").await;
        let mut waiting = Vec::new();
        for n in 0..10 {
            deployment.google.account(Account::new(&format!("guest{round}.{n}@mail.example")));
            let browser = deployment.browser();
            let form = [("next", "/"), ("invitation", secret(&link))];
            let way = browser.post("/accounts/login/", &form).await.expect(303);
            let back = browser.visit(&way.location().parse().unwrap()).await;
            waiting.push((browser, back));
        }
        let answers = join_all(waiting.iter().map(|(browser, back)| browser.get(back))).await;
        let n_in = answers.iter().filter(|answer| answer.status.as_u16() == 303).count();
        assert_eq!(n_in, 1, "round {round}");
        assert!(answers.iter().all(|answer| [303, 403].contains(&answer.status.as_u16())));
    }
    assert_eq!(deployment.count("select count(*) from member").await, 6);
}

#[tokio::test]
async fn links_that_are_wrong_over_or_taken_back_let_nobody_in() {
    let (deployment, boss) = deployment(&[]).await;
    let over = link(&boss, "member").await;
    deployment.execute("update invitation set expires = now()").await;
    let back = link(&boss, "member").await;
    let id = deployment.count("select max(id) from invitation").await;
    boss.get("/team/").await.expect(200).shows("whoever has the link");
    boss.post(&format!("/team/invitations/{id}/delete/"), &[]).await.expect(303);
    let good = link(&boss, "member").await;
    let all_but_one = &secret(&good)[1..];
    let wrong = ["", "x", all_but_one, &secret(&good).to_uppercase(), "' or 1=1 --"];
    for (n, secret) in [secret(&over), secret(&back)].into_iter().chain(wrong).enumerate() {
        let email = format!("guest{n}@mail.example");
        let browser = deployment.browser();
        join_by(&deployment, &browser, Account::new(&email), secret)
            .await
            .expect(403)
            .shows("No access yet");
        assert!(!browser.is_in().await, "{secret}");
    }
    for path in
        [over.as_str(), &back, "/accounts/join/x/", "/accounts/join/%00/", "/accounts/join/%ff/"]
    {
        let status = deployment.browser().get(path).await.status.as_u16();
        assert!([400, 404].contains(&status), "{path}: {status}");
    }
    assert_eq!(deployment.count("select count(*) from member").await, 1);
    // The hash that a stolen database holds is no link.
    let hash: Vec<u8> = sqlx::query_scalar(
        "select link_hash from invitation where link_hash is not null and expires > now()",
    )
    .fetch_one(&deployment.pool)
    .await
    .unwrap();
    let hash = crate::sign_in::setup::hex(&hash);
    join_by(&deployment, &deployment.browser(), Account::new("thief@mail.example"), &hash)
        .await
        .expect(403);
    // An address that nobody has checked comes in by no link.
    let unchecked = Account { email_verified: false, ..Account::new("karl@mail.example") };
    join_by(&deployment, &deployment.browser(), unchecked, secret(&good)).await.expect(403);
    join_by(&deployment, &deployment.browser(), Account::new("guest@mail.example"), secret(&good))
        .await
        .expect(303);
}

#[tokio::test]
async fn who_is_in_does_not_use_up_a_link() {
    let (deployment, boss) = deployment(&["obs.example"]).await;
    let ada = address_of("ada");
    deployment.signed_in(&ada).await;
    let link = link(&boss, "admin").await;
    join_by(&deployment, &deployment.browser(), Account::new(&ada), secret(&link))
        .await
        .expect(303);
    assert_eq!(role_of(&deployment, &ada).await.as_deref(), Some("member"), "nor is it a way up");
    // The address of a member with another account is taken, link or no link.
    let other = Account { sub: "77".to_owned(), ..Account::new(&ada) };
    join_by(&deployment, &deployment.browser(), other, secret(&link))
        .await
        .expect(403)
        .shows("another account");
    assert_eq!(deployment.count("select count(*) from invitation").await, 1);
    deployment.browser().get(&link).await.expect(200);
}

#[tokio::test]
async fn an_invited_address_counts_in_any_case() {
    let (deployment, boss) = deployment(&[]).await;
    boss.post("/team/", &[("email", " Guest@MAIL.example "), ("role", "viewer")]).await.expect(303);
    boss.post("/team/", &[("email", "guest@mail.example"), ("role", "member")]).await.expect(303);
    assert_eq!(
        deployment.count("select count(*) from invitation").await,
        1,
        "the later one counts"
    );
    deployment.google.account(Account::new("GUEST@mail.Example"));
    deployment.browser().sign_in("/").await.expect(303);
    assert_eq!(role_of(&deployment, "guest@mail.example").await.as_deref(), Some("member"));
    let again = boss.post("/team/", &[("email", "GUEST@mail.example"), ("role", "admin")]).await;
    again.expect(422).shows("A member has this address already.");
    for bad in ["", "guest", "a b@mail.example", "guest@mail"] {
        boss.post("/team/", &[("email", bad), ("role", "viewer")]).await.expect(422);
    }
}

#[tokio::test]
async fn who_was_removed_comes_back_by_invitation_alone_also_where_their_domain_is_welcome() {
    let (deployment, boss) = deployment(&["obs.example"]).await;
    let ada = address_of("ada");
    let browser = deployment.connected(&ada).await;
    let id = deployment.member_id(&ada).await;
    let person = Person { id, browser };
    let target = person.make_target("kept nova").await;
    let group = person.make_group("a group").await;
    boss.post(&format!("/team/members/{id}/remove/"), &[]).await.expect(303);
    assert!(!person.browser.is_in().await);
    assert_eq!(deployment.count("select count(*) from google_credential").await, 0);
    assert!(deployment.google.live_access_tokens(&ada).is_empty(), "revoked at Google as well");
    boss.get("/team/").await.expect(200).hides(&ada);
    boss.get(&format!("/api/targets/{target}/")).await.expect(200).shows("\"created_by\":\"ada\"");
    let again = deployment.browser();
    deployment.google.account(Account::new(&ada));
    again.sign_in("/").await.expect(403).shows("No access yet");
    assert!(!again.is_in().await);
    // Their old sessions, groups and rights do not come back with them.
    boss.post("/team/", &[("email", &ada), ("role", "viewer")]).await.expect(303);
    deployment.google.account(Account::new(&ada));
    again.sign_in("/").await.expect(303);
    assert!(again.is_in().await && !person.browser.is_in().await);
    assert_eq!(deployment.member_id(&ada).await, id, "the same member, with what they made");
    assert_eq!(role_of(&deployment, &ada).await.as_deref(), Some("viewer"));
    let inside = format!(
        "select count(*) from team_group_member where group_id = {group} and member_id = {id}"
    );
    assert_eq!(deployment.count(&inside).await, 0);
    // By link as well.
    boss.post(&format!("/team/members/{id}/remove/"), &[]).await.expect(303);
    let link = link(&boss, "member").await;
    join_by(&deployment, &again, Account::new(&ada), secret(&link)).await.expect(303);
    assert_eq!(role_of(&deployment, &ada).await.as_deref(), Some("member"));
}

#[tokio::test]
async fn who_leaves_is_out_and_a_stranger_with_their_address_is_somebody_else() {
    let (deployment, _boss) = deployment(&["obs.example"]).await;
    let ada = enter(&deployment, "ada", "member").await;
    ada.get(&format!("/team/members/{}/remove/", ada.id))
        .await
        .expect(200)
        .shows("Leave the team?");
    let left = ada.post(&format!("/team/members/{}/remove/", ada.id), &[]).await.expect(303);
    assert_eq!(left.location(), "/accounts/login/");
    assert!(!ada.browser.is_in().await);
    deployment.google.account(Account { sub: "77".to_owned(), ..Account::new(&address_of("ada")) });
    let other = deployment.browser();
    other.sign_in("/").await.expect(303);
    assert_ne!(deployment.count("select id from member where subject = '77'").await, ada.id);
}
