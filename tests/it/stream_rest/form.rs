//! The form: what it says before anybody has typed, and what it says when no stop condition is set.

use serde_json::{Value, json};

use super::Streaming;

const NO_STOP: &str = "You must set at least one stopping condition. \
                       max_results, timeout and deadline cannot all be empty.";

/// The tag of the input with this name.
fn input<'a>(page: &'a str, name: &str) -> &'a str {
    page.split('<')
        .find(|tag| tag.starts_with("input") && tag.contains(&format!("name=\"{name}\"")))
        .unwrap_or_else(|| panic!("there is no input {name} in {page}"))
}

#[tokio::test]
async fn the_form_says_what_is_good_to_know() {
    let streaming = Streaming::start().await;
    let page = streaming.app.get("/alerts/query/create/?broker=stream-rest").await.expect(200);
    let notes = page.body.split("Good to know").nth(1).unwrap().split("</section>").next().unwrap();
    assert_eq!(notes.matches("<p>").count(), 5, "{notes}");
    for truth in [
        "Messages from before the subscription existed are not available.",
        "Peek removes nothing.",
        "Google bills that project.",
        "Subscriptions expire after 31 days without use.",
        "Packets that cannot be read are stored unchanged",
    ] {
        assert!(notes.contains(truth), "{truth} is not in {notes}");
    }
}

#[tokio::test]
async fn the_blank_form_is_filled_in_for_a_try_and_offers_names() {
    let streaming = Streaming::start().await;
    let page = streaming.app.get("/alerts/query/create/?broker=stream-rest").await.expect(200).body;
    for (name, value) in [
        ("subscription_name", "ztf-loop"),
        ("topic", ""),
        ("project", ""),
        ("max_results", "100"),
        ("timeout", "30"),
        ("deadline", ""),
    ] {
        let tag = input(&page, name);
        assert!(tag.contains(&format!("value=\"{value}\"")), "{tag}");
    }
    let acknowledge: Vec<_> =
        page.split('<').filter(|tag| tag.contains("name=\"acknowledge\"")).collect();
    assert!(acknowledge[0].contains("value=\"keep\" checked"), "{acknowledge:?}");
    assert!(!acknowledge[1].contains("checked"), "{acknowledge:?}");
    for (name, offered) in [
        ("subscription_name", ["ztf-loop", "ztf-alerts"]),
        ("topic", ["ztf-loop", "ztf-alerts"]),
        ("project", ["ardent-cycling-243415", "pitt-alert-broker"]),
    ] {
        let list = input(&page, name).split("list=\"").nth(1).unwrap().split('"').next().unwrap();
        let list = page.split(&format!("<datalist id=\"{list}\">")).nth(1).unwrap();
        let list = list.split("</datalist>").next().unwrap();
        for value in offered {
            assert!(list.contains(&format!("<option value=\"{value}\">")), "{name}: {list}");
        }
    }
}

#[tokio::test]
async fn without_a_stop_condition_no_run_is_started() {
    let streaming = Streaming::start().await;
    for empty in [Value::Null, json!("")] {
        let parameters = json!({
            "subscription_name": "loop-1", "max_results": empty, "timeout": empty, "deadline": empty,
        });
        let body = json!({"broker": "stream-rest", "parameters": parameters});
        let answer = streaming.app.post_json("/api/runs/", &body).await.expect(422).json();
        let errors = answer["errors"].as_object().unwrap();
        assert!(errors.values().any(|messages| messages[0] == NO_STOP), "{answer}");
    }
    let runs = streaming.app.get("/api/runs/").await.json();
    assert_eq!(runs["results"], json!([]));
    assert!(streaming.double.journal().is_empty());
}

#[tokio::test]
async fn without_a_stop_condition_the_page_says_so_and_loses_nothing_typed() {
    let streaming = Streaming::start().await;
    let typed = [
        ("broker", "stream-rest"),
        ("query_name", "Is it <dust>?"),
        ("subscription_name", "my-own-sub"),
        ("topic", "ztf-alerts"),
        ("project", "some-project-7"),
        ("acknowledge", "peek"),
        ("max_results", ""),
        ("timeout", ""),
        ("deadline", ""),
        ("classtar_gt_lt", "gt"),
        ("rb_min", "0.65"),
        ("action", "run"),
    ];
    let page =
        streaming.app.post("/alerts/query/create/?broker=stream-rest", &typed).await.expect(422);
    let page = page.shows(NO_STOP).body;
    for (name, value) in [
        ("query_name", "Is it &#60;dust&#62;?"),
        ("subscription_name", "my-own-sub"),
        ("topic", "ztf-alerts"),
        ("project", "some-project-7"),
        ("max_results", ""),
        ("timeout", ""),
        ("rb_min", "0.65"),
    ] {
        let tag = input(&page, name);
        assert!(tag.contains(&format!("value=\"{value}\"")), "{tag}");
    }
    for checked in ["name=\"acknowledge\" value=\"peek\" checked", "value=\"gt\" selected"] {
        assert!(page.contains(checked), "{checked} is not in {page}");
    }
    assert!(streaming.double.journal().is_empty());
}
