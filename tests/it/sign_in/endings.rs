//! Grants that end at Google, each in its way: once noticed, never tried again, and the member is told.

use serde_json::json;
use tom_alerts::google::AccessError;

use super::{BOB, Deployment, PROJECT};
use crate::google_double::{Account, Ending};

#[tokio::test]
async fn a_grant_that_ends_in_mid_run_ends_the_run_with_a_way_on_and_keeps_what_came() {
    let deployment = Deployment::start().await;
    let stream = deployment.stream(PROJECT).await;
    let bob = deployment.connected(BOB).await;
    for (n, ending) in Ending::ALL.into_iter().enumerate() {
        let email = format!("ada{n}@obs.example");
        let browser = deployment.connected(&email).await;
        let seed = u64::try_from(n).unwrap() + 1;
        stream.publish(seed, 3);
        let id = deployment.begin_run(&browser, json!({"timeout": 60})).await;
        for _ in 0..2_400 {
            let run = browser.get(&format!("/api/runs/{id}/")).await.json();
            if run["counts"]["acknowledged"] == 3 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        let noticed = deployment.google.invalid_grants();
        deployment.google.end_grants(&email, ending);
        deployment.google.expire_access_tokens(&email);
        let run = deployment.ended(&browser, id).await;
        assert_eq!(run["state"], "failed", "{ending:?}: {run}");
        assert_eq!(run["counts"]["stored"], 3, "{ending:?}: {run}");
        let feedback = run["feedback"].as_str().unwrap();
        assert!(feedback.contains("connect to Google again"), "{ending:?}: {feedback}");
        assert!(feedback.ends_with("Results so far are kept."), "{ending:?}: {feedback}");
        assert_eq!(deployment.run_row(id).await.1.as_deref(), Some("pubsub"), "{ending:?}");
        let page = browser.get(&format!("/runs/{id}/")).await.expect(200);
        let page = page.shows("This run needs sign-in at Google").shows("Google: needs sign-in");
        page.shows(&format!("/accounts/connect/?scope=pubsub&#38;next=%2Fruns%2F{id}%2F"));
        browser.get("/accounts/profile/").await.expect(200).shows("needs sign-in");

        // It is known to be dead: nobody asks Google again, and no secret of it is kept.
        for _ in 0..5 {
            let refused = deployment.tokens_of(&email).await.token(None).await;
            assert!(matches!(refused, Err(AccessError::NeedsSignIn(_))), "{ending:?}: {refused:?}");
        }
        let parameters = json!({"subscription_name": "loop-1", "timeout": 1});
        let body = json!({"broker": "stream-rest", "parameters": parameters});
        browser.post_json("/api/runs/", &body).await.expect(403);
        assert_eq!(deployment.google.invalid_grants(), noticed + 1, "{ending:?}");
        let secrets = format!(
            "select count(*) from google_credential where email = '{email}'
             and (access_token is not null or refresh_token is not null)"
        );
        assert_eq!(deployment.count(&secrets).await, 0, "{ending:?}");

        // Connecting again mends it.
        deployment.google.account(Account::new(&email));
        browser.connect("pubsub", &format!("/runs/{id}/")).await.expect(303);
        browser.get("/").await.expect(200).shows("Google: connected");
        stream.publish(seed + 100, 1);
        let id = deployment.begin_run(&browser, json!({"max_results": 1})).await;
        assert_eq!(deployment.ended(&browser, id).await["state"], "finished", "{ending:?}");
    }
    let id = deployment.begin_run(&bob, json!({})).await;
    assert_eq!(deployment.ended(&bob, id).await["state"], "finished", "others are not touched");
}
