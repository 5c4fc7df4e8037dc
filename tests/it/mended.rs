//! Faults that strangers found, each held by a test that failed before it was mended.

use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn saving_one_row_leaves_the_ticks_of_the_others() {
    let app = TestApp::start().await;
    let run = app.run(json!({})).await;
    let ids: Vec<String> =
        app.results(&run, "name").await.iter().map(|row| row["id"].to_string()).collect();
    let selection = format!("/runs/{}/selection/", run["id"]);
    let mut form: Vec<(&str, &str)> =
        ids[..5].iter().flat_map(|id| [("on_page", id.as_str()), ("alerts", id)]).collect();
    form.push(("action", "update"));
    app.post(&selection, &form).await.expect(303);
    let one = [("run_id", &*run["id"].to_string()), ("alerts", &ids[9])];
    app.post_to_page("/alerts/alert/create/", &one)
        .await
        .expect(200)
        .shows("5 alerts still selected");
    app.get(&format!("/runs/{}/", run["id"])).await.shows("data-selected=\"5\"");
}

#[tokio::test]
async fn odd_query_strings_are_no_fault_of_ours() {
    let app = TestApp::start().await;
    let run = app.run(json!({})).await;
    for path in [
        &format!("/runs/{}/?after=18446744073709551615~196~2461295.97", run["id"]),
        "/alerts/query/list/?broker=%00",
        "/alerts/query/list/?name=%00",
        "/api/queries/?broker=%00",
        "/runs/?state=%00&before=%00",
        "/targets/?name=%00",
        "/targets/?target_cone_search=a%00,1",
    ] {
        app.get(path).await.expect(422);
    }
    app.get("/targets/?name=x%F0%9F%92%A9%ff").await.expect(200);
    app.get("/targets/?target_cone_search=a,1").await.expect(422);
}

#[tokio::test]
async fn an_edit_that_comes_late_keeps_what_was_typed_and_can_be_saved_again() {
    let app = TestApp::start_empty().await;
    let made = app
        .post_json("/api/targets/", &json!({"name": "a", "ra": 1, "dec": 2}))
        .await
        .expect(201)
        .json();
    let path = format!("/targets/{}/update/", made["id"]);
    let first = [("name", "b"), ("ra", "1"), ("dec", "2"), ("version", "1")];
    app.post(&path, &first).await.expect(303);
    let mut late = vec![
        ("name", "c"),
        ("ra", "1"),
        ("dec", "2"),
        ("note", "an hour of work"),
        ("version", "1"),
    ];
    app.post(&path, &late)
        .await
        .expect(409)
        .shows("Somebody else changed this target")
        .shows("an hour of work")
        .shows("name=\"version\" value=\"2\"");
    late.pop();
    late.push(("version", "2"));
    app.post(&path, &late).await.expect(303);
    assert_eq!(
        app.get(&format!("/api/targets/{}/", made["id"])).await.json()["note"],
        "an hour of work"
    );
}

#[tokio::test]
async fn the_api_overwrites_and_drops_nothing_silently() {
    let app = TestApp::start_empty().await;
    let made = app
        .post_json("/api/targets/", &json!({"name": "a", "ra": 1, "dec": 2}))
        .await
        .expect(201)
        .json();
    for version in [json!("x"), json!("1"), json!(1.5), json!([1]), json!(1e30)] {
        let body = json!({"name": "b", "ra": 1, "dec": 2, "version": version});
        let errors = app
            .send_json("PUT", &format!("/api/targets/{}/", made["id"]), &body)
            .await
            .expect(422)
            .json();
        assert!(errors["errors"]["version"].is_array(), "{errors}");
    }
    for aliases in [json!([1, 2]), json!([null, "ok"]), json!([{"a": 1}]), json!(["a\nb"])] {
        let body = json!({"name": "n", "ra": 1, "dec": 2, "aliases": aliases});
        let errors = app.post_json("/api/targets/", &body).await.expect(422).json();
        assert!(errors["errors"]["aliases"].is_array(), "{errors}");
    }
    let odd_type = json!({"name": "n", "ra": 1, "dec": 2, "type": 5});
    assert!(
        app.post_json("/api/targets/", &odd_type).await.expect(422).json()["errors"]["type"]
            .is_array()
    );
    let refused = app
        .send_json("PATCH", &format!("/api/targets/{}/", made["id"]), &json!({}))
        .await
        .expect(405);
    assert!(refused.json()["detail"].is_string());
}

#[tokio::test]
async fn a_search_goes_on_over_its_pages() {
    let app = TestApp::start_empty().await;
    for i in 0..60 {
        let body = json!({"name": format!("t{i}"), "ra": 10.0 + f64::from(i) * 1e-5, "dec": 0});
        app.post_json("/api/targets/", &body).await.expect(201);
    }
    app.post_json("/api/targets/", &json!({"name": "far", "ra": 200, "dec": 0})).await.expect(201);
    let first = app
        .get("/targets/?target_cone_search=t0,1d")
        .await
        .expect(200)
        .shows("60 targets")
        .hides(">far<");
    let next = first.body.split("href=\"").find(|part| part.contains("rel=\"next\"")).unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    app.get(&next).await.expect(200).shows("60 targets").shows(">t0<");
}

#[tokio::test]
async fn crossing_names_saved_at_once_do_not_block_each_other() {
    let app = TestApp::start_empty().await;
    for round in 0..15 {
        let (a, b) = (format!("a{round}"), format!("b{round}"));
        let one = json!({"name": a, "ra": 1, "dec": 2, "aliases": [b]});
        let other = json!({"name": b, "ra": 1, "dec": 2, "aliases": [a]});
        let both =
            (0..8).map(|i| app.post_json("/api/targets/", if i % 2 == 0 { &one } else { &other }));
        let mut statuses: Vec<u16> = futures::future::join_all(both)
            .await
            .iter()
            .map(|answer| answer.status.as_u16())
            .collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422, 422, 422, 422, 422, 422, 422]);
    }
}

#[tokio::test]
async fn a_refused_upload_leaves_nothing_behind() {
    let app = TestApp::start_empty().await;
    let form = Form::new()
        .part("files", Part::bytes(b"x".to_vec()).file_name("good.avro"))
        .part("files", Part::bytes(b"x".to_vec()).file_name("bad.exe"));
    let request = app
        .http
        .post(format!("{}/alerts/archive/upload/", app.base))
        .header("sec-fetch-site", "same-origin");
    app.send(request.multipart(form)).await.expect(422).shows("bad.exe");
    let uploads = app.archive.parent().unwrap().join("uploads");
    assert_eq!(std::fs::read_dir(uploads).unwrap().count(), 0);
}

#[tokio::test]
async fn an_archive_of_many_nights_hides_no_other_and_shows_its_newest() {
    let app = TestApp::start_empty().await;
    for i in 0..400 {
        std::fs::create_dir(app.archive.join(format!("night-{i:03}"))).unwrap();
    }
    let uploads = app.archive.parent().unwrap().join("uploads");
    std::fs::write(uploads.join("mine.avro"), b"").unwrap();
    let fields = app.get("/api/brokers/").await.json()["results"][0]["form"]["fields"].clone();
    let options = fields[0]["options"].to_string();
    for name in ["\"night\"", "night/night-399", "uploads/mine.avro"] {
        assert!(options.contains(name), "{name}");
    }
    // The oldest too.
    let run = app.run(json!({"folder": "night/night-000"})).await;
    assert_eq!(run["state"], "finished");
}

#[tokio::test]
async fn a_page_whose_last_slash_is_missing_is_found() {
    let app = TestApp::start_empty().await;
    for (asked, found) in [
        ("/runs", "/runs/"),
        ("/targets?name=a", "/targets/?name=a"),
        ("/alerts/query/list", "/alerts/query/list/"),
    ] {
        assert_eq!(app.get(asked).await.expect(308).location(), found);
    }
    assert_eq!(app.get("//evil.example").await.status.as_u16(), 404);
}
