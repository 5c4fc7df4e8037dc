//! How often somebody may begin a sign-in, and whose address counts.

use reqwest::StatusCode;

use super::{ADA, Browser, Deployment, SignInSetup};

/// Begins a sign-in as if from these addresses, in the header's order.
async fn begin(browser: &Browser, forwarded_for: &[&str]) -> StatusCode {
    let mut request = browser
        .request("POST", "/accounts/login/")
        .header("sec-fetch-site", "same-origin")
        .form(&[("next", "/")])
        .build()
        .unwrap();
    request.headers_mut().remove("x-forwarded-for");
    for address in forwarded_for {
        request.headers_mut().append("x-forwarded-for", address.parse().unwrap());
    }
    let response = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
        .execute(request)
        .await
        .unwrap();
    if response.status() == StatusCode::TOO_MANY_REQUESTS {
        let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        assert!(response.text().await.unwrap().contains("Too many requests"));
        return StatusCode::TOO_MANY_REQUESTS;
    }
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    response.status()
}

#[tokio::test]
async fn ten_sign_ins_a_minute_may_begin_at_one_address() {
    let deployment = SignInSetup { is_behind_proxy: false, ..SignInSetup::default() }.start().await;
    for n in 0..14_u8 {
        // Who is no proxy of ours is not believed, whatever is said.
        let claimed = format!("198.51.100.{n}");
        let status = begin(&deployment.browser(), &[&claimed]).await;
        let expected = if n < 10 { StatusCode::SEE_OTHER } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(status, expected, "the {n}th");
    }
    assert_eq!(deployment.count("select count(*) from sign_in_attempt").await, 10);
}

#[tokio::test]
async fn a_connection_to_google_counts_like_a_sign_in() {
    let deployment = SignInSetup { is_behind_proxy: false, ..SignInSetup::default() }.start().await;
    let browser = deployment.signed_in(ADA).await;
    for _ in 0..9 {
        browser.depart_to_connect("pubsub", "/").await;
    }
    let form = [("scope", "pubsub"), ("next", "/")];
    let answer = browser.post("/accounts/connect/", &form).await.expect(429);
    assert!(answer.headers.contains_key("retry-after"));
    assert!(browser.is_in().await, "who is in goes on");
}

#[tokio::test]
async fn behind_a_proxy_of_ours_each_client_has_a_count_of_its_own() {
    let deployment = Deployment::start().await;
    let browser = deployment.browser();
    for n in 0..30_u8 {
        assert_eq!(begin(&browser, &[&format!("192.0.2.{n}")]).await, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn behind_a_proxy_of_ours_a_client_cannot_say_that_it_is_another() {
    // A proxy adds what it sees to the client's own words: to the line, or as a line of its own.
    for is_own_line in [false, true] {
        let deployment = Deployment::start().await;
        let browser = deployment.browser();
        let mut n_begun = 0;
        for n in 0..14_u8 {
            let claimed = format!("198.51.100.{n}");
            let joined = format!("{claimed}, 192.0.2.7");
            let lines: &[&str] =
                if is_own_line { &[&claimed, "192.0.2.7"] } else { &[joined.as_str()] };
            n_begun += usize::from(begin(&browser, lines).await == StatusCode::SEE_OTHER);
        }
        assert_eq!(n_begun, 10, "a line of its own: {is_own_line}");
    }
}
