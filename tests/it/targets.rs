//! Targets by hand and from alerts: the cases that TOM users know (C1 to C9, C11, C13, C18, A8 to A10, E10).

use serde_json::{Value, json};

use crate::support::TestApp;

async fn create(app: &TestApp, body: Value) -> crate::support::Answer {
    app.post_json("/api/targets/", &body).await
}

fn target(name: &str) -> Value {
    json!({"name": name, "ra": 113.456, "dec": -22.1})
}

#[tokio::test]
async fn a_target_is_created_with_the_coordinates_that_people_write() {
    let app = TestApp::start_empty().await;
    let made = app
        .post(
            "/targets/create/",
            &[("name", "test_target_name"), ("ra", "123.456"), ("dec", "-32.1")],
        )
        .await
        .expect(303);
    app.get(made.location())
        .await
        .expect(200)
        .shows("test_target_name")
        .shows("123.456000")
        .shows("Target created.");
    let sexagesimal =
        create(&app, json!({"name": "m1", "ra": "05:34:31.94", "dec": "+22:00:52.2"}))
            .await
            .expect(201)
            .json();
    assert!((sexagesimal["ra"].as_f64().unwrap() - 83.63308).abs() < 1e-4);
    assert!((sexagesimal["dec"].as_f64().unwrap() - 22.0145).abs() < 1e-4);
}

#[tokio::test]
async fn the_same_name_is_refused() {
    let app = TestApp::start_empty().await;
    create(&app, target("test_target_name")).await.expect(201);
    app.post("/targets/create/", &[("name", "test_target_name"), ("ra", "1"), ("dec", "2")])
        .await
        .expect(422)
        .shows("Target with this Name already exists");
}

#[tokio::test]
async fn aliases_are_one_targets_alone() {
    let app = TestApp::start_empty().await;
    create(
        &app,
        json!({"name": "multiple_names_target", "ra": 1, "dec": 2, "aliases": ["John", "Doe"]}),
    )
    .await
    .expect(201);
    let error = |field: &str, answer: crate::support::Answer| {
        answer.expect(422).json()["errors"][field][0].as_str().unwrap().to_owned()
    };
    let same =
        create(&app, json!({"name": "other", "ra": 1, "dec": 2, "aliases": ["John", "Doe"]})).await;
    assert_eq!(error("aliases", same), "Target name with this Alias already exists.");
    let name = create(&app, target("John")).await;
    assert_eq!(
        error("name", name),
        "A Target matching John already exists. (multiple_names_target)"
    );
    let like = create(
        &app,
        json!({"name": "third", "ra": 1, "dec": 2, "aliases": ["multiple-names-target"]}),
    )
    .await;
    assert_eq!(
        error("aliases", like),
        "Target with Name or alias similar to multiple-names-target already exists. (multiple_names_target)"
    );
    let own =
        create(&app, json!({"name": "John Smith", "ra": 1, "dec": 2, "aliases": ["john-smith"]}))
            .await;
    assert!(
        error("aliases", own)
            .starts_with("Alias john-smith has a conflict with the primary name of the target.")
    );
    let dashed =
        create(&app, json!({"name": "fourth", "ra": 1, "dec": 2, "aliases": ["jo-hn"]})).await;
    assert!(error("aliases", dashed).contains("jo-hn"));
    assert_eq!(
        app.get("/api/targets/").await.json()["count"],
        1,
        "a refused target must leave nothing behind"
    );
}

#[tokio::test]
async fn names_are_unique_whatever_their_case_space_and_brackets() {
    let app = TestApp::start_empty().await;
    create(&app, target("fuzzy_name_Target")).await.expect(201);
    for name in [
        "FuzzyNameTarget",
        "Fuzzy name target",
        "FUZZY_NAME-TARGET",
        "fuzzynametarget",
        "(Fuzzy) Name-Target",
    ] {
        let answer = create(&app, target(name)).await.expect(422).json();
        assert_eq!(
            answer["errors"]["name"][0],
            format!("A Target matching {name} already exists. (fuzzy_name_Target)")
        );
    }
}

#[tokio::test]
async fn a_target_is_renamed_and_gets_aliases_and_edits_do_not_overwrite_each_other() {
    let app = TestApp::start_empty().await;
    let made = create(&app, target("testtarget")).await.expect(201).json();
    let path = format!("/api/targets/{}/", made["id"]);
    let put = |body: Value| app.send_json("PUT", &path, Box::leak(Box::new(body)));
    let aliased = put(json!({"name": "testtarget", "ra": 1, "dec": 2, "aliases": ["testtargetname2"], "version": 1})).await.expect(200).json();
    assert_eq!(aliased["aliases"], json!(["testtargetname2"]));
    put(json!({"name": "testtarget", "ra": 1, "dec": 2, "aliases": ["test target"], "version": 2}))
        .await
        .expect(422);
    let onto_alias = put(json!({"name": "testtargetname2", "ra": 1, "dec": 2, "aliases": ["testtargetname2"], "version": 2})).await;
    assert_eq!(
        onto_alias.expect(422).json()["errors"]["name"][0],
        "Target name and target aliases must be different"
    );
    put(json!({"name": "test_target", "ra": 1, "dec": 2, "aliases": ["testtargetname2", "second"], "version": 2})).await.expect(200);
    put(json!({"name": "late", "ra": 1, "dec": 2, "version": 2})).await.expect(409);
    assert_eq!(app.get(&path).await.json()["name"], "test_target");
    let id = &made["id"];
    let form = [("name", "again"), ("ra", "5"), ("dec", "6"), ("version", "2")];
    app.post(&format!("/targets/{id}/update/"), &form).await.expect(409);
    app.get(&format!("/targets/{id}/update/"))
        .await
        .expect(200)
        .shows("test_target")
        .shows("second");
    let version = app.get(&format!("/api/targets/{id}/")).await.json()["version"].to_string();
    let again = form.map(|(name, value)| (name, if name == "version" { &*version } else { value }));
    let changed = app.post_to_page(&format!("/targets/{id}/update/"), &again).await.expect(200);
    changed.shows("Target changed.").hides("Open it");
}

#[tokio::test]
async fn coordinates_out_of_range_or_out_of_this_world_are_refused_by_their_field() {
    let app = TestApp::start_empty().await;
    for ra in ["400", "-10", "nan", "inf", "", "25:00:00", "abc", "360"] {
        let answer = app
            .post("/targets/create/", &[("name", "x"), ("ra", ra), ("dec", "1")])
            .await
            .expect(422);
        assert!(answer.body.contains("id_ra-errors"), "{ra}");
        let api = create(&app, json!({"name": "x", "ra": ra, "dec": 1})).await.expect(422).json();
        assert!(api["errors"]["ra"].is_array() && api["errors"]["dec"].is_null(), "{ra}: {api}");
    }
    for dec in ["95", "-90.0001", "+95:00:00", "nan", ""] {
        let api = create(&app, json!({"name": "x", "ra": 1, "dec": dec})).await.expect(422).json();
        assert!(api["errors"]["dec"].is_array(), "{dec}: {api}");
    }
    app.post("/targets/create/", &[("name", "x"), ("dec", "1")])
        .await
        .expect(422)
        .shows("This field is required.");
    app.post("/targets/create/", &[]).await.expect(422);
    for name in ["", "---", "( )", &"n".repeat(101), "a\0b"] {
        create(&app, json!({"name": name, "ra": 1, "dec": 1})).await.expect(422);
    }
    for (ra, dec) in [(0.0, 90.0), (359.999_999, -90.0)] {
        create(&app, json!({"name": format!("{ra}{dec}"), "ra": ra, "dec": dec})).await.expect(201);
    }
}

async fn found(app: &TestApp, query: &str) -> Vec<String> {
    let query = query.replace('+', "%2B").replace(' ', "%20");
    let answer = app.get(&format!("/api/targets/?{query}")).await.expect(200).json();
    assert_eq!(answer["count"], json!(answer["results"].as_array().unwrap().len()), "{query}");
    let mut names: Vec<String> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_cone_finds_what_lies_in_it_across_zero_and_at_the_poles() {
    let app = TestApp::start_empty().await;
    for (name, ra, dec) in [
        ("plain", 113.456, -22.1),
        ("west", 359.9999, 0.0),
        ("east", 0.0001, 0.0),
        ("pole", 10.0, 89.99),
        ("over", 190.0, 89.99),
        ("south", 77.0, -90.0),
        ("1337target", 269.758_91, -29.179_583),
    ] {
        create(&app, json!({"name": name, "ra": ra, "dec": dec})).await.expect(201);
    }
    assert_eq!(found(&app, "cone_search=113.456, -22.1, 1\"").await, ["plain"]);
    assert!(found(&app, "cone_search=113.466, -22.1, 1\"").await.is_empty());
    assert_eq!(found(&app, "cone_search=113.466, -22.1, 101\"").await, ["plain"]);
    assert_eq!(found(&app, "cone_search=0, 0, 1\"").await, ["east", "west"]);
    assert_eq!(found(&app, "cone_search=359.99995, 0, 1\"").await, ["east", "west"]);
    assert_eq!(found(&app, "cone_search=100, 90, 0.02d").await, ["over", "pole"]);
    assert_eq!(found(&app, "cone_search=10, 89.99, 0.03d").await, ["over", "pole"]);
    assert_eq!(found(&app, "cone_search=300, -89.9999, 1\"").await, ["south"]);
    assert_eq!(found(&app, "cone_search=12, 12, 180d").await.len(), 7);
    assert_eq!(found(&app, "cone_search=269.75891,-29.179583,0.25").await, ["1337target"]);
    assert_eq!(found(&app, "target_cone_search=1337target,1").await, ["1337target"]);
    for wrong in [
        "cone_search=473.456, -22.1, 1",
        "cone_search=-10, -22.1, 1",
        "cone_search=12, 95, 1",
        "cone_search=1,2",
        "cone_search=here",
        "target_cone_search=nobody,1",
        "target_cone_search=x",
    ] {
        app.get(&format!("/api/targets/?{}", wrong.replace(' ', "%20"))).await.expect(422);
    }
    app.get("/targets/?cone_search=here")
        .await
        .expect(422)
        .shows("Cone search parameters must be")
        .shows("value=\"here\"");
    app.get("/targets/?cone_search=0,0,0.1d").await.expect(200).shows("west").hides("plain");
}

#[tokio::test]
async fn targets_are_found_by_name_and_alias() {
    let app = TestApp::start_empty().await;
    create(&app, json!({"name": "1337target", "ra": 269.758_91, "dec": -29.179_583, "aliases": ["M42", "Messier 42"]})).await.expect(201);
    create(&app, target("other")).await.expect(201);
    for name in ["M42", "Messier 42", "messier42", "1337", "m-42"] {
        assert_eq!(found(&app, &format!("name={name}")).await, ["1337target"], "{name}");
    }
    assert!(found(&app, "name=M43").await.is_empty());
    assert!(found(&app, "name=%25").await.is_empty(), "a wildcard must be taken literally");
    app.get("/targets/?name=messier").await.expect(200).shows("1337target").hides(">other<");
}

#[tokio::test]
async fn the_list_turns_its_pages() {
    let app = TestApp::start_empty().await;
    for i in 0..55 {
        create(&app, json!({"name": format!("target {i:02}"), "ra": i, "dec": 0}))
            .await
            .expect(201);
    }
    let first = app
        .get("/targets/")
        .await
        .expect(200)
        .shows("55 targets")
        .shows("target 54")
        .shows("target 05")
        .hides("target 04");
    let next = first
        .body
        .split("href=\"")
        .find(|part| part.contains("rel=\"next\""))
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    app.get(&next).await.expect(200).shows("target 04").shows("target 00").hides("target 05");
    let all = app.get("/api/targets/?page_size=50").await.json();
    assert_eq!(all["results"].as_array().unwrap().len(), 50);
    assert_eq!(
        app.get(all["next"].as_str().unwrap()).await.json()["results"].as_array().unwrap().len(),
        5
    );
}

#[tokio::test]
async fn an_alert_becomes_a_target_with_itself_as_evidence() {
    let app = TestApp::start().await;
    let run = app.run(json!({})).await;
    let rows = app.results(&run, "name").await;
    let (id, name) = (rows[0]["id"].clone(), rows[0]["object_id"].as_str().unwrap().to_owned());
    create(
        &app,
        target(&rows[5]["object_id"].as_str().unwrap().to_uppercase().replace("ZTF", "ztf-")),
    )
    .await
    .expect(201);
    let path = format!("/api/runs/{}/targets/", run["id"]);
    let answer = app
        .post_json(&path, &json!({"alerts": [id, rows[5]["id"], 987_654_321]}))
        .await
        .expect(200)
        .json();
    assert_eq!(answer["created"][0]["name"], json!(name));
    assert_eq!(answer["existing"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(answer["failed"].as_array().unwrap().len(), 1, "{answer}");
    let metrics = app.get("/metrics").await.expect(200).body;
    let counted =
        metrics.lines().find_map(|it| it.strip_prefix("tom_alerts_targets_created_total "));
    let n_created: u64 = counted.unwrap().parse().unwrap();
    assert!(n_created >= 2, "one was typed, one was an alert: {n_created} are counted");
    let target = app.get(&format!("/api/targets/{}/", answer["created"][0]["target"])).await.json();
    assert_eq!((&target["ra"], &target["dec"]), (&rows[0]["ra"], &rows[0]["dec"]));
    assert_eq!(target["alerts"][0]["source_id"], rows[0]["source_id"]);
    let page = format!("/targets/{}/", answer["created"][0]["target"]);
    app.get(&page)
        .await
        .expect(200)
        .shows(rows[0]["source_id"].as_str().unwrap())
        .shows(&format!("/runs/{}/", run["id"]));
    app.get(rows[0]["url"].as_str().unwrap()).await.expect(200).shows(&page);

    for body in [
        json!({}),
        json!({"alerts": []}),
        json!({"alerts": "all"}),
        json!({"alerts": [1.5]}),
        json!({"alerts": [{}]}),
        json!({"alerts": [1], "on_existing": "burn"}),
    ] {
        app.post_json(&path, &body).await.expect(422);
    }
    let skipped = app.post_json(&path, &json!({"alerts": [rows[5]["id"].as_i64().unwrap().to_string()], "on_existing": "skip"})).await.expect(200).json();
    assert_eq!(skipped["existing"].as_array().unwrap().len(), 1);
    app.post_to_page(
        "/alerts/alert/create/",
        &[("run_id", &run["id"].to_string()), ("alerts", &id.to_string())],
    )
    .await
    .expect(200)
    .shows("1 existed already");
    app.post("/alerts/alert/create/", &[("run_id", &run["id"].to_string())]).await.expect(303);
    app.post("/alerts/alert/create/", &[]).await.expect(400);

    app.get(&format!("{page}delete/")).await.expect(200).shows("Delete the target");
    app.post(&format!("{page}delete/"), &[]).await.expect(303);
    app.get(&page).await.expect(404);
}

#[tokio::test]
async fn the_form_of_a_target_and_the_search_say_how_they_read_what_is_typed() {
    let app = TestApp::start_empty().await;
    for (field, value, read) in [
        ("ra", "5h34m31.94s", "read as 83.633083°"),
        ("ra", "05:34:31.94 +22:00:52.2", "read as 05 34 31.94 +22 00 52.2"),
        ("dec", "+22d00m52.2s", "read as +22.014500°"),
        ("cone_search", "150.1, 2.2, 5", "radius 5″"),
        ("cone_search", "150.1, 2.2, 5d", "radius 5°"),
        ("ra", "400", ""),
    ] {
        let url = format!("/targets/echo/?field={field}&value={}", value.replace('+', "%2B"));
        let answer = app.get(&url.replace(' ', "%20")).await.expect(200);
        assert!(
            answer.body.contains(read) && answer.body.is_empty() == read.is_empty(),
            "{url}: {}",
            answer.body
        );
    }
    for field in ["name", "note", "moon", ""] {
        app.get(&format!("/targets/echo/?field={field}&value=1")).await.expect(404);
    }
    app.get("/targets/create/").await.expect(200).shows("data-echo=\"/targets/echo/?field=ra\"");
    app.get("/targets/?cone_search=150.1,2.2,5")
        .await
        .expect(200)
        .shows("data-echo=\"/targets/echo/?field=cone_search\"")
        .shows("radius 5″");
}

#[tokio::test]
async fn a_number_that_a_program_writes_with_an_exponent_is_a_number() {
    let app = TestApp::start_empty().await;
    let send = async |method: &str, path: &str, body: &str| {
        let request = app.http.request(method.parse().unwrap(), format!("{}{path}", app.base));
        let request = request.header("content-type", "application/json").body(body.to_owned());
        app.send(request).await.json()
    };
    let made = r#"{"name": "a", "ra": 1.5E+2, "dec": -4e-06}"#;
    let made = send("POST", "/api/targets/", made).await;
    assert_eq!((&made["ra"], &made["dec"]), (&json!(150.0), &json!(-4e-6)), "{made}");
    let path = format!("/api/targets/{}/", made["id"]);
    let changed = r#"{"name": "a", "ra": 2e-7, "dec": 0.4E1, "version": 1}"#;
    let changed = send("PUT", &path, changed).await;
    assert_eq!((&changed["ra"], &changed["dec"]), (&json!(2e-7), &json!(4.0)), "{changed}");
    let query = r#"{"name": "q", "broker": "archive", "parameters": {"folder": "night", "rb_min": 6.5e-1, "max_results": 1e2}}"#;
    let query = send("POST", "/api/queries/", query).await;
    let kept = &query["parameters"];
    assert_eq!((&kept["rb_min"], &kept["max_results"]), (&json!(0.65), &json!(100)), "{query}");
}

#[tokio::test]
async fn both_coordinates_may_stand_in_the_box_of_the_first() {
    let app = TestApp::start_empty().await;
    for (n, (both, ra, dec)) in [
        ("05:34:31.94 +22:00:52.2", 83.633_083, 22.014_5),
        ("05:34:31.94\t+22:00:52.2\r\n", 83.633_083, 22.014_5),
        ("83.633083, 22.0145", 83.633_083, 22.014_5),
        ("150.1 -2.2", 150.1, -2.2),
        ("l=121.1743 b=-21.5733", 10.684_68, 41.268_76),
        ("PSN J08384182-6420485", 129.674_25, -64.346_806),
        ("359.99999999 -0.0000001", 0.0, 0.0),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("by form {n}");
        let form = [("name", name.as_str()), ("ra", both), ("dec", " ")];
        let made = app.post("/targets/create/", &form).await.expect(303);
        let by_form = app.get(&format!("/api{}", made.location())).await.expect(200).json();
        let by_api = json!({"name": format!("by api {n}"), "ra": both});
        let by_api = create(&app, by_api).await.expect(201).json();
        let changed = json!({"name": format!("by api {n}"), "ra": both, "dec": "", "version": 1});
        let path = format!("/api/targets/{}/", by_api["id"]);
        let changed = app.send_json("PUT", &path, &changed).await.expect(200).json();
        for target in [by_form, by_api, changed] {
            let at = |name: &str| target[name].as_f64().unwrap();
            let off = (at("ra") - ra).abs().max((at("dec") - dec).abs());
            assert!(off < 1e-6, "{both:?}: {target}");
        }
    }
    // With a declination besides it could be either.
    let form = [("name", "x"), ("ra", "10 20"), ("dec", "5")];
    let told = "Both coordinates stand here, and Dec is filled in as well";
    app.post("/targets/create/", &form).await.expect(422).shows("id_ra-errors").shows(told);
    let api = json!({"name": "x", "ra": "150.1 2.2", "dec": 5});
    let refused = create(&app, api).await.expect(422).json();
    assert!(refused["errors"]["ra"][0].as_str().unwrap().starts_with(told), "{refused}");
}

#[tokio::test]
async fn what_rounds_to_a_full_turn_is_written_as_zero_everywhere() {
    let app = TestApp::start().await;
    let run = app.run(json!({"max_results": 1})).await;
    sqlx::query("update alert set ra = 359.99999999, dec = 1")
        .execute(&app.pool().await)
        .await
        .unwrap();
    let made = json!({"name": "edge", "ra": 359.999_999_99, "dec": 1});
    let made = create(&app, made).await.expect(201).json();
    assert_eq!(made["ra"], 359.999_999_99, "nothing is rounded where programs read");
    let row = &app.results(&run, "name").await[0];
    let echo = |path: &str, field: &str, value: &str| {
        let pairs = [("field", field), ("value", value)];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        format!("{path}{}", query.extend_pairs(pairs).finish())
    };
    for path in [
        row["url"].as_str().unwrap(),
        made["url"].as_str().unwrap(),
        "/targets/",
        &format!("/runs/{}/", run["id"]),
        "/targets/?cone_search=359.99999999,1,30",
        &echo("/targets/echo/?", "ra", "359.99999999"),
        &echo("/targets/echo/?", "ra", "359.99999999 1"),
        &echo("/targets/echo/?", "cone_search", "359.99999999, 1, 30"),
        &echo("/alerts/query/echo/?broker=archive&", "cone", "359.99999999, 1, 30"),
    ] {
        app.get(path).await.expect(200).shows("0.000000").hides("360.000");
    }
    // The name is missing, so the form comes back as it was filled in.
    let form = [("name", ""), ("ra", "359.99999999 1"), ("dec", "")];
    let page = app.post("/targets/create/", &form).await.expect(422);
    page.shows("value=\"0.000000\"").shows("value=\"+1.000000\"");
}

#[tokio::test]
async fn magnitudes_of_a_targets_alerts_are_as_short_as_they_are_exact() {
    let app = TestApp::start().await;
    let run = app.run(json!({"max_results": 5})).await;
    let rows = app.results(&run, "name").await;
    let ids: Vec<&Value> = rows.iter().map(|row| &row["id"]).collect();
    let path = format!("/api/runs/{}/targets/", run["id"]);
    let saved = app.post_json(&path, &json!({"alerts": ids})).await.expect(200).json();
    let kept: Vec<(i64, f64)> = sqlx::query_as("select id, mag from alert where mag is not null")
        .fetch_all(&app.pool().await)
        .await
        .unwrap();
    let mut n_noisy = 0;
    for made in saved["created"].as_array().unwrap() {
        let target = app.get(&format!("/api/targets/{}/", made["target"])).await.json();
        let alert = &target["alerts"][0];
        let (_, kept) = kept.iter().find(|(id, _)| alert["id"] == *id).unwrap();
        #[expect(clippy::cast_possible_truncation, reason = "ZTF writes single precision")]
        let single = *kept as f32;
        assert_eq!(alert["mag"].to_string(), single.to_string());
        n_noisy += usize::from(kept.to_string() != single.to_string());
    }
    assert!(n_noisy > 0, "none of them shows it");
}
