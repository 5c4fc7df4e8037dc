//! What holds for every request: headers, host names, origins, limits.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn every_answer_carries_the_headers_whatever_its_status() {
    let app = TestApp::start().await;
    let css = app
        .get("/")
        .await
        .body
        .split("href=\"")
        .find(|part| part.starts_with("/static/"))
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    for path in [
        "/",
        "/alerts/query/list/",
        "/runs/",
        "/targets/",
        "/nothing",
        "/api/runs/",
        "/api/nothing",
        "/healthz",
        "/readyz",
        "/metrics",
        "/alerts/",
        &css,
    ] {
        let answer = app.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(
                answer.headers.get(name).map(|found| found.to_str().unwrap()),
                Some(value),
                "{path}: {name}"
            );
        }
        let csp = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(csp.contains("default-src 'none'") && !csp.contains("unsafe"), "{path}: {csp}");
        assert!(csp.contains("frame-ancestors 'none'"), "{path}");
        let cached = answer.headers["cache-control"].to_str().unwrap();
        assert_eq!(cached.contains("immutable"), path == css, "{path}: {cached}");
        assert!(answer.headers.get("server").is_none(), "{path}");
    }
}

#[tokio::test]
async fn requests_for_other_names_are_refused() {
    let app = TestApp::start().await;
    for host in ["evil.example", "127.0.0.1", "localhost:1"] {
        app.send(app.http.get(format!("{}/", app.base)).header("host", host)).await.expect(421);
        app.send(app.http.get(format!("{}/api/runs/", app.base)).header("host", host))
            .await
            .expect(421);
    }
    app.send(app.http.get(format!("{}/healthz", app.base)).header("host", "10.0.0.7"))
        .await
        .expect(200);
}

#[tokio::test]
async fn other_sites_cannot_change_anything() {
    let app = TestApp::start().await;
    let paths = [
        "/alerts/query/create/",
        "/alerts/query/1/run/",
        "/alerts/query/1/delete/",
        "/alerts/query/1/copy/",
        "/alerts/alert/create/",
        "/runs/1/cancel/",
        "/runs/1/run/",
        "/runs/1/selection/",
        "/targets/create/",
        "/targets/1/update/",
        "/targets/1/delete/",
        "/theme/",
        "/alerts/archive/upload/",
        "/api/runs/",
        "/api/targets/",
        "/api/queries/",
    ];
    for path in paths {
        for headers in [
            vec![("sec-fetch-site", "cross-site")],
            vec![("sec-fetch-site", "same-site")],
            vec![("origin", "http://evil.example")],
            vec![("origin", "null")],
            vec![],
        ] {
            let mut request = app.http.post(format!("{}{path}", app.base));
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            let answer = app.send(request.form(&[("broker", "archive")])).await;
            // Without a header of a browser's it is a script's, which sent what is not JSON.
            let status = if headers.is_empty() && path.starts_with("/api/") { 400 } else { 403 };
            assert_eq!(answer.status.as_u16(), status, "{path} with {headers:?}");
        }
    }
}

#[tokio::test]
async fn bodies_have_limits() {
    let app = TestApp::start().await;
    let long = "x".repeat(100_000);
    app.post("/alerts/query/create/", &[("broker", "archive"), ("query_name", &long)])
        .await
        .expect(413);
    app.post_json("/api/queries/", &json!({"name": long})).await.expect(413);
    let huge = "x".repeat(3 << 20);
    app.post("/targets/create/", &[("note", &huge)]).await.expect(413);
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let request =
        app.http.post(format!("{}/api/runs/", app.base)).header("content-type", "application/json");
    app.send(request.body(nested)).await.expect(400);
}

#[tokio::test]
async fn the_service_says_how_it_is() {
    let app = TestApp::start().await;
    app.run(json!({"max_results": 3})).await;
    app.get("/healthz").await.expect(200);
    app.get("/readyz").await.expect(200);
    app.get("/metrics")
        .await
        .expect(200)
        .shows("tom_alerts_http_requests_total")
        .shows("tom_alerts_alerts_passed_total");
}

#[tokio::test]
async fn a_half_sent_request_is_cut_off() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut timing = crate::timing::short();
    timing.web.head = std::time::Duration::from_secs(1);
    let app = TestApp::start_timed(&timing).await;
    let address = app.base.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
    let mut rest = Vec::new();
    let ended =
        tokio::time::timeout(std::time::Duration::from_secs(9), stream.read_to_end(&mut rest))
            .await;
    assert!(ended.is_ok(), "the connection is still open");
}

#[tokio::test]
async fn the_theme_is_remembered_and_leads_back_to_our_own_pages_only() {
    let app = TestApp::start().await;
    let answer = app.post("/theme/", &[("theme", "dark"), ("next", "/runs/")]).await.expect(303);
    assert_eq!(answer.location(), "/runs/");
    app.get("/runs/").await.shows("data-theme=\"dark\"");
    for foreign in ["//evil.example", "https://evil.example", "/\\evil.example"] {
        assert_eq!(
            app.post("/theme/", &[("theme", "dark"), ("next", foreign)])
                .await
                .expect(303)
                .location(),
            "/"
        );
    }
}
