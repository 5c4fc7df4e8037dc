//! Where somebody is sent after a sign-in: to pages of ours, whatever the address said.

use url::Url;

use super::{ADA, Deployment};
use crate::google_double::Account;

/// Ways that lead, or could be thought to lead, to another site.
fn payloads() -> Vec<String> {
    let hosts = ["evil.example", "evil.example/", "127.0.0.1@evil.example", "evil.example:80/x"];
    let shapes = [
        "https://{}",
        "http://{}",
        "//{}",
        "///{}",
        "////{}",
        "/\\{}",
        "\\\\{}",
        "\\/{}",
        "/\\/{}",
        "//\\{}",
        "/.//{}",
        "/..//{}",
        "/x/..//{}",
        "/%2e//{}",
        "/%2e%2e//{}",
        "/%2E%2e/%2e//{}",
        "/\t/{}",
        "/\n/{}",
        "\t//{}",
        " //{}",
        "\u{0}//{}",
        "/\u{1}/{}",
        "https:{}",
        "https:/{}",
        "https:\\\\{}",
        "hTTps://{}",
        "javascript://{}/%0aalert(1)",
        "data://{}",
        "ftp://{}",
        "//%65vil.example#{}",
        "/\u{2215}{}",
        "\u{ff0f}\u{ff0f}{}",
        "/\u{3002}{}//x",
        "{}",
        "@{}",
        "/;//{}",
        "?//{}",
        "#//{}",
        "/%5c{}",
        "/%2f{}",
        "/%2f%2f{}",
        "/..;//{}",
        "//{}\\@x",
        "///\\{}",
        "/\\\\{}",
        "/\r\nLocation: https://{}",
        "/%0d%0aLocation:%20https://{}",
        "blob:https://{}",
        "view-source:https://{}",
        "//[::1]@{}",
        "http:\\{}",
    ];
    let with_host = |shape: &&str| hosts.map(|host| shape.replace("{}", host));
    let mut payloads: Vec<_> = shapes.iter().flat_map(with_host).collect();
    payloads.extend(
        [
            "",
            "javascript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "/ä",
            "/x y",
            "mailto:x@evil.example",
        ]
        .map(str::to_owned),
    );
    payloads
}

/// Whether a browser that follows it stays here.
#[track_caller]
fn assert_stays(deployment: &Deployment, payload: &str, location: &str) {
    assert!(location.starts_with('/') && !location.starts_with("//"), "{payload:?}: {location}");
    assert!(!location.starts_with("/\\"), "{payload:?}: {location}");
    let there = deployment.public_url.join(location).unwrap();
    assert_eq!(there.origin(), deployment.public_url.origin(), "{payload:?}: {location}");
    // Followed once more, as a relative address of the page that it leads to.
    let again: Url = there.join(there.path()).unwrap();
    assert_eq!(again.origin(), deployment.public_url.origin(), "{payload:?}: {location}");
}

#[tokio::test]
async fn two_hundred_ways_out_lead_back_in() {
    let deployment = Deployment::start().await;
    let payloads = payloads();
    assert!(payloads.len() >= 200);
    let member = deployment.signed_in(ADA).await;
    for payload in &payloads {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("next", payload)
            .finish();
        let answer = member.get(&format!("/accounts/login/?{query}")).await.expect(303);
        assert_stays(&deployment, payload, answer.location());
        let form = [("theme", "dark"), ("next", payload.as_str())];
        let answer = member.post("/theme/", &form).await.expect(303);
        assert_stays(&deployment, payload, answer.location());
        let page =
            member.get(&format!("/accounts/connect/?scope=pubsub&{query}")).await.expect(200);
        for part in page.body.split("href=\"").skip(1).filter_map(|part| part.split('"').next()) {
            assert!(part.starts_with('/') || part.starts_with('#'), "{payload:?}: {part}");
        }
    }
}

#[tokio::test]
async fn a_sign_in_ends_on_a_page_of_ours_whatever_was_asked_for() {
    let deployment = Deployment::start().await;
    deployment.google.account(Account::new(ADA));
    for (n, payload) in payloads().iter().enumerate().filter(|(n, _)| n % 3 == 0) {
        let browser = deployment.browser();
        let answer = browser.sign_in(payload).await.expect(303);
        assert_stays(&deployment, payload, answer.location());
        if n % 9 == 0 {
            let answer = browser.connect("pubsub", payload).await.expect(303);
            assert_stays(&deployment, payload, answer.location());
        }
    }
    for own in ["/runs/?state=failed&x=%2F%2Fy", "/targets/1/#top", "/a?next=https://evil.example/"]
    {
        let browser = deployment.browser();
        assert_eq!(browser.sign_in(own).await.expect(303).location(), own);
    }
}

#[tokio::test]
async fn a_path_without_its_last_slash_leads_nowhere_else() {
    let deployment = Deployment::start().await;
    let member = deployment.signed_in(ADA).await;
    for path in [
        "//evil.example/x",
        "//evil.example",
        "/\\evil.example/x",
        "/%2fevil.example/x",
        "/x//evil.example",
    ] {
        let answer = member.get(path).await;
        if answer.status.is_redirection() {
            assert_stays(&deployment, path, answer.location());
        }
    }
}
