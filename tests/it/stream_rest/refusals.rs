//! Refusals that do not pass: the run fails at once, with a sentence that says what to do.

use serde_json::json;

use super::{Setup, Streaming, credentials::Tokens, feedback, n, night};
use crate::pubsub_double::{PubSubDouble, Reply, Verb};

fn denied(reason: Option<&'static str>) -> Reply {
    let message = "The caller may not do this.";
    Reply::Error { code: 403, status: "PERMISSION_DENIED", message, reason }
}

#[tokio::test]
async fn a_refused_pull_fails_the_run_at_once_and_says_what_to_do() {
    for (reason, advice) in [
        (Some("SERVICE_DISABLED"), "Enable it at https://console.cloud.google.com/"),
        (Some("IAM_PERMISSION_DENIED"), "ask the project's owner for the role Pub/Sub Editor"),
        (None, "ask the project's owner for the role Pub/Sub Editor"),
    ] {
        let streaming = Streaming::start().await;
        streaming.publish(&night(1, 2));
        streaming.double.script_always(Verb::Pull, denied(reason));
        let run = streaming.run(json!({})).await;
        assert_eq!(run["state"], "failed", "{run}");
        assert!(feedback(&run).contains(advice), "{reason:?}: {run}");
        assert!(feedback(&run).contains("The caller may not do this."), "{run}");
        assert_eq!(streaming.double.calls(Verb::Pull).len(), 1);
        streaming.app.get(&format!("/runs/{}/", run["id"])).await.expect(200).shows("failed");
    }
}

#[tokio::test]
async fn a_refusal_before_the_first_pull_fails_the_run_at_once() {
    for verb in [Verb::GetSubscription, Verb::CreateSubscription] {
        let mut streaming = Setup::patient(3).start_bare().await;
        streaming.topic = streaming.double.create_topic("test-proj", "loop-1");
        streaming.double.script_always(verb, denied(Some("IAM_PERMISSION_DENIED")));
        let run = streaming.run(json!({})).await;
        assert_eq!(run["state"], "failed", "{run}");
        assert!(feedback(&run).contains("Pub/Sub Editor"), "{run}");
        assert_eq!(streaming.double.calls(verb).len(), 1);
        assert!(streaming.double.calls(Verb::Pull).is_empty());
    }
}

#[tokio::test]
async fn a_refused_request_is_not_made_again() {
    let streaming = Streaming::start().await;
    streaming.double.script_always(Verb::Pull, Reply::status(400));
    let run = streaming.run(json!({})).await;
    assert_eq!(run["state"], "failed");
    assert!(feedback(&run).contains("does not accept the request"), "{run}");
    assert_eq!(streaming.double.calls(Verb::Pull).len(), 1);
}

#[tokio::test]
async fn a_subscription_that_is_deleted_in_mid_run_fails_the_run_and_what_came_is_kept() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 2));
    let id = streaming.begin(json!({"timeout": 60})).await;
    streaming.until(id, "acknowledged", 2).await;
    streaming.double.delete_subscription(&streaming.subscription);
    let run = streaming.app.wait(id).await;
    assert_eq!(run["state"], "failed");
    assert!(
        feedback(&run)
            .contains("he subscription loop-1 of project test-proj was deleted during the run"),
        "{run}"
    );
    assert_eq!((n(&run, "stored"), n(&run, "acknowledged")), (2, 2), "{run}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_token() {
    let elsewhere = PubSubDouble::start().await;
    let streaming = Setup::google(std::sync::Arc::new(Tokens::always("secret-5d1f"))).start().await;
    for verb in [Verb::GetSubscription, Verb::Pull] {
        let url = format!("{}/v1/{}:pull", elsewhere.url(), streaming.subscription);
        streaming.double.script_always(verb, Reply::Redirect(url));
        let run = streaming.run(json!({})).await;
        assert_eq!(run["state"], "failed", "{run}");
        assert!(feedback(&run).contains("redirect"), "{run}");
        assert!(!feedback(&run).contains(elsewhere.host()), "{run}");
        streaming.double.serve_normally(verb);
    }
    assert!(!streaming.double.tokens_seen().is_empty());
    assert!(elsewhere.journal().is_empty(), "{:?}", elsewhere.journal());
}
