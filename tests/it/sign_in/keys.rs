//! Keys for tokens: one follows another, and a stranger's does not start.

use std::time::Duration;

use clap::Parser;
use tom_alerts::{app, config::Cli, google::AccessError};

use super::{
    ADA, Deployment, SignInSetup,
    setup::{KEY, hex},
};

const NEW_KEY: [u8; 32] = [0x17; 32];

async fn with_keys(before: &Deployment, key: [u8; 32], previous: Option<[u8; 32]>) -> Deployment {
    let setup = SignInSetup {
        key,
        previous_key: previous,
        database_url: Some(before.app.database_url.clone()),
        ..SignInSetup::default()
    };
    setup.start_at(before.google.clone()).await
}

#[tokio::test]
async fn a_new_key_takes_over_while_the_one_before_it_is_still_given() {
    let old = Deployment::start().await;
    old.connected(ADA).await;
    let both = with_keys(&old, NEW_KEY, Some(KEY)).await;
    let tokens = both.tokens_of(ADA).await;
    tokens.token(None).await.unwrap();
    assert!(both.google.refreshes().is_empty(), "what was kept under the old key is read");
    both.expire_here().await;
    tokens.token(None).await.unwrap();
    both.execute("update google_credential set access_token = null").await;
    // Now both tokens are under the new key: the old one is needed no more.
    let new = with_keys(&old, NEW_KEY, None).await;
    new.tokens_of(ADA).await.token(None).await.unwrap();
    assert_eq!(new.google.refreshes(), [ADA, ADA]);
}

#[tokio::test]
async fn under_another_key_nothing_is_read_and_connecting_mends_it() {
    let old = Deployment::start().await;
    old.connected(ADA).await;
    let other = with_keys(&old, NEW_KEY, None).await;
    let got = other.tokens_of(ADA).await.token(None).await;
    assert!(matches!(got, Err(AccessError::OtherKey)), "{got:?}");
    assert!(other.google.refreshes().is_empty());
    other.connected(ADA).await;
    other.tokens_of(ADA).await.token(None).await.unwrap();
}

/// Starts the program as its command line does, and stops it as soon as it is ready.
async fn start(deployment: &Deployment, more: &[String]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let issuer = deployment.google.issuer();
    let usual = [
        "tom-alerts",
        "--listen",
        "127.0.0.1:0",
        "--data-dir",
        path,
        "--archive",
        path,
        "--database-url",
        &deployment.app.database_url,
        "--oauth-client-id",
        "us",
        "--oauth-client-secret",
        "s",
        "--oauth-issuer",
        &issuer,
    ];
    let arguments = usual.iter().map(|text| (*text).to_owned()).chain(more.iter().cloned());
    let config = Cli::parse_from(arguments).serve;
    let (ready, is_ready) = tokio::sync::oneshot::channel();
    let stop = async {
        let _ = is_ready.await;
    };
    let on_ready = Box::new(move |_| {
        let _ = ready.send(());
    });
    let served = app::serve(config, Box::pin(stop), on_ready);
    let served = tokio::time::timeout(Duration::from_secs(30), served).await.unwrap();
    served.map_err(|error| format!("{error:#}"))
}

#[tokio::test]
async fn a_service_without_the_key_of_the_tokens_that_are_there_does_not_start() {
    let deployment = Deployment::start().await;
    deployment.connected(ADA).await;
    let key = |name: &str, key: [u8; 32]| format!("--secret-key{name}={}", hex(&key));
    start(&deployment, &[key("", KEY)]).await.unwrap();
    let refused = start(&deployment, &[key("", NEW_KEY)]).await.unwrap_err();
    assert!(refused.contains("encrypted under a key that is not given"), "{refused}");
    assert!(refused.contains("--forget-other-keys"), "{refused}");
    for secret in [hex(&KEY), hex(&NEW_KEY)] {
        assert!(!refused.contains(&secret));
    }
    // A key that is made on the spot is another one as well.
    start(&deployment, &[]).await.unwrap_err();
    start(&deployment, &[key("", NEW_KEY), key("-previous", KEY)]).await.unwrap();
    assert_eq!(deployment.count("select count(*) from google_credential").await, 1);
    let forget = [key("", NEW_KEY), "--forget-other-keys".to_owned()];
    start(&deployment, &forget).await.unwrap();
    assert_eq!(deployment.count("select count(*) from google_credential").await, 0);
}
