//! Connections that are not made: somebody takes them, and never says a word of TLS.

use std::time::Duration;

use tokio::net::TcpListener;
use tom_alerts::{
    brokers::{
        Broker,
        database::{BigQueryService, Database},
        pubsub::PubSubService,
    },
    domain::timing::Timing,
    google::{
        Access, Token,
        oauth::{Client, Provider},
    },
};

use crate::timing;

/// What each client says of a service at `host`, a name with its port, that it cannot connect to.
async fn said(host: &str, timing: &Timing) -> Vec<(&'static str, String)> {
    let base = format!("https://{host}/");
    let at = PubSubService {
        endpoint: base.parse().unwrap(),
        ..PubSubService::at(Some(host), timing).unwrap()
    };
    let behind = PubSubService {
        is_emulator: true,
        ..PubSubService::behind(base.parse().unwrap(), timing).unwrap()
    };
    let access = Access { project: Some("proj".to_owned()), tokens: None };
    let pubsub = async |service: PubSubService| {
        let client = service.quick_client(&access);
        client.count_subscriptions("proj").await.unwrap_err().to_string()
    };
    let bigquery = Database::new(BigQueryService {
        endpoint: base.parse().unwrap(),
        ..BigQueryService::at(Some(host), timing).unwrap()
    });
    let provider = Provider::new(
        Client {
            issuer: format!("https://{host}"),
            client_id: "us".to_owned(),
            client_secret: Token::new("secret".to_owned()),
            redirect_uri: "http://127.0.0.1/".to_owned(),
        },
        timing,
    );
    vec![
        ("an emulator of Pub/Sub", pubsub(at).await),
        ("Pub/Sub elsewhere", pubsub(behind).await),
        ("BigQuery", bigquery.test_access(&access).await.unwrap().unwrap_err()),
        (
            "the provider",
            provider.unwrap().revoke(&Token::new("token".to_owned())).await.unwrap_err(),
        ),
    ]
}

#[tokio::test]
async fn a_connection_is_waited_for_as_long_as_is_set() {
    // The system takes connections for it.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let (short, long) = (Duration::from_millis(50), Duration::from_secs(20));
    for (connect, answer) in [(short, long), (long, short)] {
        let mut timing = timing::short();
        timing.calls.connect = connect;
        timing.calls.answer = answer;
        // Once is enough.
        timing.calls.quick = Duration::ZERO;
        timing.provider.answer = answer;
        timing.provider.description = long * 2;
        let mut wrong = said(&host, &timing).await;
        // Either the connection was not made, or the answer did not come.
        wrong.retain(|(_, sentence)| sentence.contains("no answer") == (connect < answer));
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
