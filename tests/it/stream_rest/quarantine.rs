//! Messages that cannot be read: set aside with all that came, acknowledged, no harm to the others.

use serde_json::json;

use super::{Streaming, log, n, night, sorted};

/// Messages that are no alert, with what their page is to say.
fn unreadable(streaming: &Streaming) -> Vec<(String, Vec<u8>)> {
    let packet = &night(7, 1)[0].bytes;
    let random: Vec<u8> =
        (0..4_000_u32).map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()[1]).collect();
    let publish = |bytes: &[u8], kind: &str| {
        let attributes = [("kind", kind), ("markup", "<b>&\"'")];
        let id = streaming.double.publish(&streaming.topic, bytes, &attributes);
        (id, bytes.to_vec())
    };
    let not_base64 = "%%% this is no base64 %%%";
    vec![
        (
            streaming.double.publish_text(&streaming.topic, not_base64),
            not_base64.as_bytes().to_vec(),
        ),
        publish(b"{\"key\": \"value\"}", "json"),
        publish(&random, "random"),
        publish(&packet[..packet.len() / 2], "truncated"),
        publish(b"Obj\x01\x00\x00\x00", "header"),
        publish(&[0, 0, 0, 3, 232, 1, 2, 3], "confluent"),
        publish(b"", "empty"),
    ]
}

#[tokio::test]
async fn what_cannot_be_read_is_set_aside_whole_and_the_others_are_unaffected() {
    let streaming = Streaming::start().await;
    let good = night(1, 4);
    streaming.publish(&good[..2]);
    let bad = unreadable(&streaming);
    streaming.publish(&good[2..]);
    let run = streaming.run(json!({})).await;
    assert_eq!(run["state"], "finished", "{run}");
    let n_bad = bad.len() as u64;
    let counts = ["received", "stored", "unreadable", "acknowledged"].map(|count| n(&run, count));
    assert_eq!(counts, [4 + n_bad, 4, n_bad, 4 + n_bad], "{run}");
    assert_eq!(streaming.acknowledged().len(), 4 + bad.len());
    assert!(streaming.double.available().is_empty() && streaming.double.outstanding().is_empty());

    let home = format!("/runs/{}/unreadable/", run["id"]);
    let page = streaming.app.get(&home).await.expect(200).body;
    let rows: Vec<_> = page.split("<tr>").skip(2).collect();
    assert_eq!(rows.len(), bad.len(), "{page}");
    for (id, bytes) in &bad {
        let origin = format!("message {id} of projects/test-proj/subscriptions/loop-1");
        let row = rows.iter().find(|row| row.contains(&origin)).unwrap();
        assert!(row.contains(id.as_str()) && row.contains("publish_time"), "{row}");
        let Some(link) = row.split(&format!("href=\"{home}")).nth(1) else {
            assert!(bytes.is_empty(), "nothing to download: {row}");
            continue;
        };
        let url = format!("{}{home}{}", streaming.app.base, link.split('"').next().unwrap());
        let download = streaming.app.http.get(url).send().await.unwrap();
        assert_eq!(download.headers()["content-type"], "application/octet-stream");
        assert_eq!(download.bytes().await.unwrap(), *bytes);
    }
    for kind in ["json", "random", "truncated", "header", "confluent", "empty"] {
        assert!(page.contains(&format!("<dd class=\"mono wrap\">{kind}</dd>")), "{kind}: {page}");
    }
    assert!(page.contains("data is not base64"), "{page}");
    assert!(!page.contains("<b>&"), "an attribute is shown as markup");
}

#[tokio::test]
async fn attributes_that_the_database_cannot_hold_as_they_are_stop_nothing() {
    let streaming = Streaming::start().await;
    let packets = night(1, 2);
    let odd = [("nul", "a\0b"), ("long", &"x".repeat(1024)), ("ünï\u{202e}", "\u{feff}")];
    streaming.double.publish(&streaming.topic, &packets[0].bytes, &odd);
    streaming.double.publish(&streaming.topic, b"no packet", &odd);
    streaming.publish(&packets[1..]);
    let run = streaming.run(json!({})).await;
    assert_eq!(run["state"], "finished", "{run}");
    let counts = ["received", "stored", "unreadable", "acknowledged"].map(|count| n(&run, count));
    assert_eq!(counts, [3, 2, 1, 3], "{run}");
    for page in ["", "unreadable/"] {
        streaming.app.get(&format!("/runs/{}/{page}", run["id"])).await.expect(200);
    }
}

#[tokio::test]
async fn a_stream_of_nothing_readable_ends_as_any_other() {
    let streaming = Streaming::start().await;
    let ids: Vec<_> =
        (0..150_u8).map(|i| streaming.double.publish(&streaming.topic, &[b'{', i], &[])).collect();
    let run = streaming.run(json!({"max_results": 5})).await;
    assert_eq!(run["state"], "finished", "{run}");
    assert_eq!((n(&run, "stored"), n(&run, "unreadable")), (0, 150), "{run}");
    assert_eq!(streaming.acknowledged(), sorted(&ids));
    assert!(log(&run).lines().count() < 20, "a line for each message: {}", log(&run));
}
