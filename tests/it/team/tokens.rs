//! Keys for programs: shown once, kept as a hash, ended at once, and never more than their owner.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::people::{Person, Program, enter, token_in};
use crate::{
    log_lines::LogLines,
    sign_in::{Deployment, setup::hex, stolen::dump},
};

async fn member() -> (Deployment, Person) {
    let deployment = Deployment::start().await;
    let person = enter(&deployment, "ada", "member").await;
    (deployment, person)
}

#[tokio::test]
async fn a_token_is_shown_once_and_kept_as_a_hash() {
    let (deployment, ada) = member().await;
    let token = ada.make_token("a script", "write").await;
    assert_eq!(token.len(), "tomalerts_".len() + 43, "256 bits: {token}");
    let page =
        ada.get("/accounts/tokens/").await.expect(200).shows("a script").shows("read and write");
    assert_eq!(token_in(&page.body), None);
    let all = dump(&deployment).await;
    let secret = token.strip_prefix("tomalerts_").unwrap();
    assert!(all.contains("a script"), "the dump is a dump");
    assert!(!all.contains(secret) && !all.contains(&hex(token.as_bytes())));
    assert!(!all.contains(&hex(secret.as_bytes())));
    assert!(all.contains(&hex(&Sha256::digest(&token))), "its hash is there");
    let other = ada.make_token("another", "read").await;
    assert_ne!(token, other);
}

#[tokio::test]
async fn of_two_tokens_that_are_made_at_once_both_are_shown() {
    let (_deployment, ada) = member().await;
    for name in ["one", "two"] {
        let form = [("name", name), ("access", "read"), ("days", "30")];
        ada.post("/accounts/tokens/", &form).await.expect(303);
    }
    let tokens = |page: &str| page.matches("<p class=\"mono wrap\" id=\"fresh-token").count();
    assert_eq!(tokens(&ada.get("/accounts/tokens/").await.expect(200).body), 2);
    assert_eq!(tokens(&ada.get("/accounts/tokens/").await.expect(200).body), 0);
}

#[tokio::test]
async fn a_token_speaks_for_its_owner_by_either_word_and_in_either_case() {
    let (deployment, ada) = member().await;
    let token = ada.make_token("a script", "write").await;
    for word in ["Bearer", "Token", "bearer", "TOKEN", "token"] {
        let program = Program::showing(&deployment, &format!("{word} {token}"));
        let body = json!({"name": format!("by {word} {}", word.len()), "ra": 1, "dec": 1});
        let made = program.json("POST", "/api/targets/", &body).await;
        let status = made.status.as_u16();
        // "bearer" and "Bearer" make the same name.
        assert!(status == 201 || status == 422, "{word}: {}", made.body);
        program.get("/api/targets/").await.expect(200).shows("by Bearer");
    }
    let made = "select count(*) from target where created_by = ";
    assert_eq!(deployment.count(&format!("{made}{}", ada.id)).await, 2);
    let by_token = "select count(*) from history h join api_token t on t.id = h.token_id where h.kind = 'target'";
    assert_eq!(deployment.count(by_token).await, 2, "the history names the token");
    for wrong in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Token tomalerts_".to_owned(),
        format!("Basic {token}"),
        format!("Bearer{token}"),
        format!("Bearer {}", &token[..token.len() - 1]),
        format!("Bearer {token}x"),
        format!("Bearer {}", token.to_uppercase()),
        format!("Bearer {}", hex(&Sha256::digest(&token))),
        format!("Bearer {token} {token}"),
    ] {
        let answer = Program::showing(&deployment, &wrong).get("/api/targets/").await;
        assert_eq!(answer.status.as_u16(), 401, "{wrong}");
    }
}

#[tokio::test]
async fn a_token_that_reads_changes_nothing_with_any_method() {
    let (deployment, ada) = member().await;
    let (query, target) = (ada.make_query("q").await, ada.make_target("nova").await);
    let run = ada
        .json("POST", &format!("/api/queries/{query}/runs/"), &json!({}))
        .await
        .expect(202)
        .json();
    let run = run["id"].as_i64().unwrap();
    deployment.ended(&ada.browser, run).await;
    let program = Program::new(&deployment, &ada.make_token("reader", "read").await);
    let before = dump(&deployment).await.len();
    let sharing = json!({"readers": ["team"]});
    let new_target = json!({"name": "b", "ra": 1, "dec": 1});
    for (method, path, body) in [
        ("POST", "/api/queries/".to_owned(), super::people::query("new")),
        ("PUT", format!("/api/queries/{query}/"), super::people::query("new")),
        ("DELETE", format!("/api/queries/{query}/"), json!({})),
        ("POST", format!("/api/queries/{query}/runs/"), json!({})),
        ("PUT", format!("/api/queries/{query}/sharing/"), sharing.clone()),
        ("POST", "/api/runs/".to_owned(), super::people::unsaved()),
        ("POST", format!("/api/runs/{run}/cancel/"), json!({})),
        ("POST", format!("/api/runs/{run}/targets/"), json!({"alerts": [1]})),
        ("PUT", format!("/api/runs/{run}/sharing/"), sharing.clone()),
        ("POST", "/api/targets/".to_owned(), new_target.clone()),
        ("PUT", format!("/api/targets/{target}/"), new_target),
        ("DELETE", format!("/api/targets/{target}/"), json!({})),
        ("PUT", format!("/api/targets/{target}/sharing/"), sharing),
    ] {
        let answer = program.json(method, &path, &body).await;
        assert_eq!(answer.status.as_u16(), 403, "{method} {path}: {}", answer.body);
        assert!(answer.json()["detail"].is_string(), "{method} {path}");
    }
    for path in [
        format!("/api/queries/{query}/"),
        format!("/api/runs/{run}/"),
        format!("/api/targets/{target}/"),
    ] {
        program.get(&path).await.expect(200);
    }
    deployment.execute("update api_token set last_used = null").await;
    assert_eq!(dump(&deployment).await.len(), before, "nothing was changed, and nothing told");
}

#[tokio::test]
async fn a_token_ends_with_its_time_with_its_owners_word_and_with_its_owner() {
    let (deployment, ada) = member().await;
    let admin = enter(&deployment, "boss", "admin").await;
    let tokens = [ada.make_token("one", "read").await, ada.make_token("two", "read").await];
    let programs = tokens.each_ref().map(|token| Program::new(&deployment, token));
    for program in &programs {
        program.get("/api/targets/").await.expect(200);
    }
    let id = deployment.count("select id from api_token where name = 'one'").await;
    let revoke = format!("/accounts/tokens/{id}/revoke/");
    admin.post(&revoke, &[]).await.expect(404);
    programs[0].get("/api/targets/").await.expect(200);
    ada.post(&revoke, &[]).await.expect(303);
    programs[0].get("/api/targets/").await.expect(401);
    ada.post(&revoke, &[]).await.expect(404);
    programs[1].get("/api/targets/").await.expect(200);
    deployment.execute("update api_token set expires = now() where name = 'two'").await;
    programs[1].get("/api/targets/").await.expect(401);
    let page = ada.get("/accounts/tokens/").await.expect(200).shows("one").shows("two");
    assert!(!page.body.contains("/revoke/"), "what is over cannot be revoked");
    // A role that is lowered lowers the tokens; a member who is removed takes them along.
    let writer = Program::new(&deployment, &ada.make_token("three", "write").await);
    let body = |name: &str| json!({"name": name, "ra": 1, "dec": 1});
    writer.json("POST", "/api/targets/", &body("a")).await.expect(201);
    let role = format!("/team/members/{}/role/", ada.id);
    admin.post(&role, &[("role", "viewer")]).await.expect(303);
    writer.json("POST", "/api/targets/", &body("b")).await.expect(403);
    ada.post("/accounts/tokens/", &[("name", "x"), ("access", "write"), ("days", "9")])
        .await
        .expect(403);
    admin.post(&format!("/team/members/{}/remove/", ada.id), &[]).await.expect(303);
    writer.get("/api/targets/").await.expect(401);
    assert_eq!(
        deployment
            .count("select count(*) from api_token where revoked is null and expires > now()")
            .await,
        0
    );
    // Nor do they come back with their owner.
    deployment.execute("update member set removed = null").await;
    writer.get("/api/targets/").await.expect(401);
}

#[tokio::test]
async fn when_a_token_was_used_is_told_to_the_minute() {
    let (deployment, ada) = member().await;
    let program = Program::new(&deployment, &ada.make_token("a script", "read").await);
    let used = "select count(*) from api_token where last_used > now() - interval '1 minute'";
    assert_eq!(deployment.count(used).await, 0);
    program.get("/api/targets/").await.expect(200);
    assert_eq!(deployment.count(used).await, 1);
    deployment.execute("update api_token set last_used = now() - interval '30 seconds'").await;
    let stays = "select count(*) from api_token where last_used < now() - interval '20 seconds'";
    program.get("/api/targets/").await.expect(200);
    assert_eq!(deployment.count(stays).await, 1, "a busy program does not write with each request");
    deployment.execute("update api_token set last_used = now() - interval '2 minutes'").await;
    program.get("/api/targets/").await.expect(200);
    assert_eq!(deployment.count(used).await, 1);
}

#[tokio::test]
async fn pages_take_no_token_and_the_api_no_cookie_beside_a_token() {
    let (deployment, ada) = member().await;
    let token = ada.make_token("a script", "write").await;
    let program = Program::new(&deployment, &token);
    for path in ["/", "/targets/", "/team/", "/accounts/tokens/", "/metrics", "/apix/"] {
        let answer = program.get(path).await;
        assert!(answer.location().starts_with("/accounts/login/"), "{path}: {}", answer.status);
    }
    let form = program.request("POST", "/targets/create/").header("sec-fetch-site", "same-origin");
    let form = form.form(&[("name", "by form"), ("ra", "1"), ("dec", "1")]);
    deployment.browser().send(form).await.expect(401);
    // A page with a good cookie stays its owner's, whatever header comes along.
    let browser = &ada.browser;
    let with = |method: &str, path: &str, header: &str| {
        browser.request(method, path).header("authorization", header.to_owned())
    };
    browser.send(with("GET", "/targets/", "Bearer nonsense")).await.expect(200);
    for bad in ["Bearer nonsense", "Token ", "", "Basic YTpi", "\u{e4}"] {
        browser.send(with("GET", "/api/targets/", bad)).await.expect(401);
    }
    let bob = enter(&deployment, "bob", "viewer").await;
    let mixed = bob
        .browser
        .request("POST", "/api/targets/")
        .header("authorization", format!("Token {token}"));
    let mixed = mixed.json(&json!({"name": "by whom", "ra": 1, "dec": 1}));
    let made = bob.browser.send(mixed).await.expect(201).json();
    assert_eq!(made["created_by"], "ada", "the token counts, not the cookie");
    assert_eq!(deployment.count("select count(*) from target").await, 1);
}

#[tokio::test]
async fn forms_of_tokens_are_checked_and_there_is_an_end_of_them() {
    let (deployment, ada) = member().await;
    for (name, days, message) in [
        ("", "9", "This field is required."),
        ("x", "0", "from 1 to 365"),
        ("x", "366", "from 1 to 365"),
        ("x", "soon", "from 1 to 365"),
        ("x", "", "from 1 to 365"),
        (&"x".repeat(101), "9", "at most 100 characters"),
    ] {
        let form = [("name", name), ("access", "read"), ("days", days)];
        let page = ada.post("/accounts/tokens/", &form).await.expect(422).shows(message);
        assert_eq!(token_in(&page.body), None);
    }
    assert_eq!(deployment.count("select count(*) from api_token").await, 0);
    // Who says nothing gets 90 days.
    ada.post_to_page("/accounts/tokens/", &[("name", "x"), ("access", "read")]).await.expect(200);
    let days = "select (extract(epoch from expires - now()) / 86400)::bigint from api_token";
    assert_eq!(deployment.count(days).await, 90);
    deployment.execute("delete from api_token").await;
    for n in 0..50 {
        ada.make_token(&format!("t{n}"), "read").await;
    }
    let form = [("name", "one more"), ("access", "read"), ("days", "9")];
    ada.post("/accounts/tokens/", &form).await.expect(422).shows("the maximum number of tokens");
    deployment.execute("update api_token set revoked = now() where name = 't7'").await;
    ada.post_to_page("/accounts/tokens/", &form).await.expect(200);
}

#[tokio::test]
async fn no_token_and_no_link_is_in_any_log_or_in_the_history() {
    let lines = LogLines::keep(tracing::Level::TRACE);
    let (deployment, ada) = member().await;
    let admin = enter(&deployment, "boss", "admin").await;
    let token = ada.make_token("a script", "write").await;
    let program = Program::new(&deployment, &token);
    program.get("/api/targets/").await.expect(200);
    program.get("/targets/").await.expect(303);
    program
        .json("POST", "/api/targets/", &json!({"name": "n", "ra": 1, "dec": 1}))
        .await
        .expect(201);
    program.json("POST", "/api/targets/", &json!("junk")).await.expect(400);
    let page =
        admin.post_to_page("/team/", &[("by", "link"), ("role", "member")]).await.expect(200);
    let link = super::people::link_in(&page.body).unwrap();
    let guest = deployment.browser();
    guest.get(&link).await.expect(200);
    guest.get(&format!("{link}x/")).await.expect(404);
    let id = deployment.count("select id from api_token").await;
    ada.post(&format!("/accounts/tokens/{id}/revoke/"), &[]).await.expect(303);
    program.get("/api/targets/").await.expect(401);
    let export = admin.get("/team/history/export/").await.expect(200);
    let secret = link.trim_matches('/').rsplit('/').next().unwrap();
    assert!(secret.len() >= 43);
    let logged = lines.text();
    assert!(logged.contains("TRACE"), "the log is a log");
    for (what, text) in [("the log", &logged), ("the history", &export.body)] {
        for secret in [token.as_str(), secret] {
            assert!(!text.contains(secret), "{secret} is in {what}");
        }
    }
}
