//! Tokens: renewed when they are refused, missed with a sentence, shown to nobody.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use serde_json::{Value, json};
use tom_alerts::google::{Access, AccessError, Token, TokenSource};

use super::{Setup, Streaming, feedback, log, n, night};
use crate::pubsub_double::{Reply, Verb};

/// Gives the first token until it is refused, then the second, and so on; the last for ever.
#[derive(Debug)]
pub(super) struct Tokens {
    left: Mutex<VecDeque<&'static str>>,
    trouble: Mutex<Option<AccessError>>,
}

impl Tokens {
    pub(super) fn always(token: &'static str) -> Self {
        Self::of(&[token])
    }

    fn of(tokens: &[&'static str]) -> Self {
        let left = Mutex::new(tokens.iter().copied().collect());
        Self { left, trouble: Mutex::new(None) }
    }

    /// From now on there is only this.
    fn fail(&self, trouble: Option<AccessError>) {
        *self.trouble.lock().unwrap() = trouble;
    }
}

#[async_trait]
impl TokenSource for Tokens {
    async fn token(&self, refused: Option<&Token>) -> Result<Token, AccessError> {
        if let Some(trouble) = self.trouble.lock().unwrap().clone() {
            return Err(trouble);
        }
        let mut left = self.left.lock().unwrap();
        let is_first = |token: &&str| refused == Some(&Token::new((*token).to_owned()));
        if left.len() > 1 && left.front().is_some_and(is_first) {
            left.pop_front();
        }
        Ok(Token::new(left.front().copied().unwrap_or_default().to_owned()))
    }

    fn acts_as(&self) -> String {
        "the astronomer hubble@example.org".to_owned()
    }
}

/// That no token is to be seen anywhere where a user looks.
async fn assert_silent(streaming: &Streaming, run: &Value, secrets: &[&str]) {
    let id = &run["id"];
    let page = streaming.app.get(&format!("/runs/{id}/")).await.expect(200).body;
    let progress = streaming.app.get(&format!("/runs/{id}/progress/?shown=0")).await.body;
    for text in [run.to_string(), page, progress] {
        assert!(text.contains("hubble@example.org"), "{text}");
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_run_goes_on() {
    let streaming = Setup::google(Arc::new(Tokens::of(&["old-7f3a", "new-91bc"]))).start().await;
    streaming.double.require_token("new-91bc");
    streaming.publish(&night(1, 3));
    let run = streaming.run(json!({})).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 3), "{run}");
    assert_eq!(n(&run, "acknowledged"), 3);
    let seen = streaming.double.tokens_seen();
    assert_eq!(seen.iter().filter(|token| *token == "old-7f3a").count(), 1, "{seen:?}");
    assert_silent(&streaming, &run, &["old-7f3a", "new-91bc"]).await;
}

#[tokio::test]
async fn a_token_that_ends_in_mid_run_is_renewed() {
    let streaming = Setup::google(Arc::new(Tokens::of(&["old-7f3a", "new-91bc"]))).start().await;
    streaming.double.require_token("old-7f3a");
    streaming.publish(&night(1, 3));
    let id = streaming.begin(json!({"max_results": 5, "timeout": 30})).await;
    streaming.until(id, "acknowledged", 3).await;
    streaming.double.require_token("new-91bc");
    streaming.publish(&night(2, 2));
    let run = streaming.app.wait(id).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 5), "{run}");
    assert_eq!(n(&run, "acknowledged"), 5, "{run}");
}

#[tokio::test]
async fn a_token_that_is_refused_for_ever_fails_the_run_with_a_sentence() {
    let streaming = Setup::google(Arc::new(Tokens::of(&["old-7f3a", "new-91bc"]))).start().await;
    streaming.double.require_token("another");
    let run = streaming.run(json!({})).await;
    assert_eq!(run["state"], "failed");
    let sentence = "Google does not accept the credentials of the astronomer hubble@example.org";
    assert!(feedback(&run).contains(sentence), "{run}");
    assert!(feedback(&run).contains("Connect to Google again"), "{run}");
    assert_eq!(streaming.double.journal().len(), 2, "one call with each token");
    assert_silent(&streaming, &run, &["old-7f3a", "new-91bc"]).await;
}

#[tokio::test]
async fn a_pull_that_is_refused_for_ever_is_not_made_again_and_again() {
    let streaming = Setup::google(Arc::new(Tokens::of(&["old-7f3a", "new-91bc"]))).start().await;
    streaming.double.script_always(Verb::Pull, Reply::status(401));
    let run = streaming.run(json!({})).await;
    assert_eq!(run["state"], "failed");
    assert!(feedback(&run).contains("does not accept the credentials"), "{run}");
    assert_eq!(streaming.double.calls(Verb::Pull).len(), 2);
}

#[tokio::test]
async fn a_connection_to_google_that_ends_in_mid_run_fails_the_run_and_what_came_is_kept() {
    let tokens = Arc::new(Tokens::always("good-22aa"));
    let streaming = Setup::google(tokens.clone()).start().await;
    streaming.publish(&night(1, 3));
    let id = streaming.begin(json!({"timeout": 60})).await;
    streaming.until(id, "acknowledged", 3).await;
    tokens.fail(Some(AccessError::NeedsSignIn("invalid_grant".to_owned())));
    let run = streaming.app.wait(id).await;
    assert_eq!(run["state"], "failed");
    assert!(feedback(&run).contains("connect to Google again"), "{run}");
    assert!(feedback(&run).ends_with("Results so far are kept."), "{run}");
    assert_eq!((n(&run, "stored"), n(&run, "acknowledged")), (3, 3), "{run}");
    assert_silent(&streaming, &run, &["good-22aa"]).await;
}

#[tokio::test]
async fn a_token_service_that_does_not_answer_is_waited_for() {
    let tokens = Arc::new(Tokens::always("good-22aa"));
    tokens.fail(Some(AccessError::Passing("status 503".to_owned())));
    let mut setup = Setup::google(tokens.clone());
    setup.timing.calls.patience = Duration::from_secs(30);
    let streaming = setup.start().await;
    streaming.publish(&night(1, 3));
    let id = streaming.begin(json!({})).await;
    let mut said = String::new();
    for _ in 0..1_200 {
        said = log(&streaming.app.get(&format!("/api/runs/{id}/")).await.json());
        if said.contains("does not answer as it should") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(said.contains("status 503"), "{said}");
    tokens.fail(None);
    let run = streaming.app.wait(id).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 3), "{run}");
}

#[tokio::test]
async fn without_credentials_or_project_the_run_fails_with_what_to_do() {
    let bare = || Setup { access: Access::default(), is_google: true, ..Setup::patient(3) };
    let mut without_tokens = bare();
    without_tokens.access.project = Some("test-proj".to_owned());
    let mut without_project = bare();
    without_project.access.tokens = Some(Arc::new(Tokens::always("good-22aa")));
    for (setup, advice) in [
        (without_tokens, "set GOOGLE_APPLICATION_CREDENTIALS"),
        (without_project, "--google-project"),
    ] {
        let streaming = setup.start().await;
        let run = streaming.run(json!({})).await;
        assert_eq!(run["state"], "failed");
        assert!(feedback(&run).contains(advice), "{run}");
        assert!(streaming.double.journal().is_empty());
    }
}

#[tokio::test]
async fn an_emulator_is_never_sent_a_token() {
    let mut setup = Setup::google(Arc::new(Tokens::always("good")));
    setup.is_google = false;
    let streaming = setup.start().await;
    streaming.publish(&night(1, 2));
    let run = streaming.run(json!({})).await;
    assert_eq!(n(&run, "acknowledged"), 2, "{run}");
    assert!(streaming.double.tokens_seen().is_empty());
}
