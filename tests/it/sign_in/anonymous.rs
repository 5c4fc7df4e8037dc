//! Nobody: every door is shut but those that lead in.

use super::{ADA, Deployment, browser::parameter, routes};

#[tokio::test]
async fn without_a_session_pages_lead_to_the_sign_in_and_the_api_says_401() {
    let deployment = Deployment::start().await;
    let member = deployment.signed_in(ADA).await;
    let form = [("name", "secret-nova-17"), ("ra", "10"), ("dec", "10")];
    member.post("/targets/create/", &form).await;
    let nobody = deployment.browser();
    let mut n = 0;
    for route in routes::all() {
        for method in &route.methods {
            let site = if *method == "GET" { "none" } else { "same-origin" };
            let request = nobody.request(method, &route.path).header("sec-fetch-site", site);
            let answer = if *method == "GET" {
                nobody.send(request).await
            } else if route.is_api() {
                nobody.send(request.json(&serde_json::json!({}))).await
            } else {
                nobody.send(request.form(&[("next", "/")])).await
            };
            let what = format!("{method} {}: {} {}", route.path, answer.status, answer.body);
            assert!(
                !answer.body.contains("secret-nova-17") && !answer.body.contains(ADA),
                "{what}"
            );
            if route.is_open() {
                continue;
            }
            n += 1;
            if route.is_api() {
                assert_eq!(answer.status.as_u16(), 401, "{what}");
                assert!(
                    answer.json()["detail"].as_str().unwrap().contains("not signed in"),
                    "{what}"
                );
            } else if *method == "GET" {
                assert_eq!(answer.status.as_u16(), 303, "{what}");
                let location = format!("http://here{}", answer.location()).parse().unwrap();
                let next = parameter(&location, "next").unwrap_or_else(|| "/".to_owned());
                assert_eq!(next, route.path, "{what}");
                assert_eq!(location.path(), "/accounts/login/", "{what}");
            } else {
                assert_eq!(answer.status.as_u16(), 401, "{what}");
            }
        }
    }
    assert!(n >= 60, "{n}");
}

#[tokio::test]
async fn what_is_open_is_open_and_shows_nothing_of_anybody() {
    let deployment = Deployment::start().await;
    deployment.signed_in(ADA).await;
    let nobody = deployment.browser();
    for (path, status) in [
        ("/accounts/login/", 200),
        ("/accounts/callback/", 400),
        ("/accounts/logout/", 405),
        ("/theme/", 405),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/static/0123abcd/app.css", 404),
    ] {
        let answer = nobody.get(path).await.expect(status).hides(ADA);
        assert!(answer.headers.get("set-cookie").is_none(), "{path}");
    }
    let page = nobody.get("/accounts/login/").await.body;
    for asset in page.split('"').filter(|part| part.starts_with("/static/")) {
        nobody.get(asset).await.expect(200);
    }
}

#[tokio::test]
async fn paths_that_only_look_open_are_shut() {
    let deployment = Deployment::start().await;
    let nobody = deployment.browser();
    for path in [
        "/accounts/login/../../runs/",
        "/accounts/login/%2e%2e/profile/",
        "/accounts/LOGIN/",
        "/accounts/login",
        "/accounts/login//",
        "//accounts/login/",
        "/static",
        "/staticx/",
        "/healthz/",
        "/healthz/../metrics",
        "/metrics",
        "/api",
        "/API/runs/",
        "/runs/;/static/",
        "/runs/?/static/",
    ] {
        let answer = nobody.get(path).await;
        let status = answer.status.as_u16();
        assert!(
            status == 303 && answer.location().starts_with("/accounts/login/"),
            "{path}: {status}"
        );
    }
    // A path that climbs out of an open folder is no path of ours at all.
    for path in ["/static/%2e%2e/metrics", "/static/..%2fmetrics", "/static/x/..%2f..%2fruns"] {
        let answer = nobody.get(path).await;
        let status = answer.status.as_u16();
        assert!([303, 404].contains(&status), "{path}: {status}");
        assert!(!answer.body.contains("tom_alerts_"), "{path}");
    }
}

#[tokio::test]
async fn a_part_of_a_page_is_refused_and_not_led_to_the_sign_in() {
    let deployment = Deployment::start().await;
    let nobody = deployment.browser();
    for mode in ["cors", "same-origin", "no-cors"] {
        let request = nobody.request("GET", "/runs/1/progress/").header("sec-fetch-mode", mode);
        nobody.send(request).await.expect(401);
    }
    let request = nobody.request("GET", "/runs/1/").header("sec-fetch-mode", "navigate");
    nobody.send(request).await.expect(303);
}
