//! What a run could not read: listed with the reason, and given out as it came.

use serde_json::{Value, json};

use crate::support::TestApp;

#[tokio::test]
async fn what_could_not_be_read_is_listed_with_the_reason_and_given_out_as_it_came() {
    let app = TestApp::start().await;
    let broken: &[u8] = b"Obj\x01 and no more";
    std::fs::write(app.archive.join("broken.avro"), broken).unwrap();
    std::fs::write(app.archive.join("empty.avro"), b"").unwrap();
    let run = app.run(json!({})).await;
    let (id, n) = (&run["id"], run["counts"]["unreadable"].as_u64().unwrap());
    let list = app.get(&format!("/api/runs/{id}/unreadable/")).await.expect(200).json();
    let rows = list["results"].as_array().unwrap();
    assert_eq!((list["count"].as_u64().unwrap(), rows.len() as u64), (n, n), "{list}");
    let of = |name: &str| -> &Value {
        let is_it = |row: &&Value| row["origin"].as_str().unwrap().contains(name);
        rows.iter().find(is_it).unwrap_or_else(|| panic!("no {name} in {list}"))
    };
    let (broken_row, empty) = (of("broken.avro"), of("empty.avro"));
    assert_eq!(
        (&broken_row["size_bytes"], &empty["size_bytes"]),
        (&json!(broken.len()), &json!(0))
    );
    assert!(!broken_row["reason"].as_str().unwrap().is_empty(), "{broken_row}");
    assert_eq!(empty["bytes"], Value::Null, "there is nothing to give out");
    let own = format!("/api/runs/{id}/unreadable/{}/bytes/", broken_row["id"]);
    assert_eq!(broken_row["bytes"], json!(own));
    let given = app.get(&own).await.expect(200);
    assert_eq!(given.headers["content-type"], "application/octet-stream");
    assert_eq!(given.body.as_bytes(), broken);
    let page = format!("/runs/{id}/unreadable/{}/", broken_row["id"]);
    assert_eq!(app.get(&page).await.expect(200).body, given.body, "as the page gives it");
    app.get("/team/history/?action=exported").await.expect(200).shows("unreadable message");
    for file in ["broken.avro", "empty.avro"] {
        std::fs::remove_file(app.archive.join(file)).unwrap();
    }
    let other = app.run(json!({})).await["id"].clone();
    for nothing in [
        format!("/api/runs/{other}/unreadable/{}/bytes/", broken_row["id"]),
        format!("/api/runs/{id}/unreadable/999999/bytes/"),
        format!("/api/runs/{id}/unreadable/x/bytes/"),
        "/api/runs/999999/unreadable/".to_owned(),
    ] {
        assert!(app.get(&nothing).await.expect(404).json()["detail"].is_string(), "{nothing}");
    }
    let clean = app.get(&format!("/api/runs/{other}/unreadable/")).await.expect(200).json();
    assert_eq!(clean, json!({"count": 0, "next": null, "results": []}));
}
