//! Results: every column sorts, pages join without gap or repeat, selection holds over pages, saving is safe.

use serde_json::{Value, json};

use crate::support::TestApp;

/// The rows that a page of results shows: their ids.
fn shown(page: &str) -> Vec<i64> {
    page.split("name=\"on_page\" value=\"")
        .skip(1)
        .map(|part| part.split('"').next().unwrap().parse().unwrap())
        .collect()
}

/// Where the link with this relation leads.
fn link(page: &str, rel: &str) -> Option<String> {
    let at = page.find(&format!("\" rel=\"{rel}\""))?;
    let href = page[..at].rfind("href=\"")? + "href=\"".len();
    Some(page[href..at].replace("&#38;", "&").replace("&amp;", "&"))
}

/// A run of 120 alerts some of which lack magnitude, score or rb.
async fn gappy_run(app: &TestApp) -> i64 {
    crate::support::write_night(&app.archive, 3, 120);
    let run = app.run(json!({})).await;
    let pool = app.pool().await;
    for (table, key) in [("run_alert", "alert_id"), ("alert", "id")] {
        let _ = table;
        for (column, modulus) in [("mag", 5), ("classtar", 7), ("rb", 3)] {
            let sql = format!("update {table} set {column} = null where {key} % {modulus} = 0");
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        }
        // What ZTF has none of.
        let sql = format!(
            "update {table} set snr = {key} % 17 - 8, reliability = ({key} % 13) / 13.0 where {key} % 4 <> 0"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
    }
    for statement in [
        "update alert set first_detection_jd = null where id % 6 = 0",
        "update run_alert set age = null where alert_id % 6 = 0",
        "insert into classification (alert_id, classifier, version, class, probability)
         select id, 'SuperNNova', '1.3', class, p from alert, (values ('Ia', 0.5), ('other', 0.25)) said (class, q),
                lateral (select q + (id % 19) / 40.0) as said_of (p)
         where id % 5 <> 0",
        "update run_alert set probability = 0.5 + (alert_id % 19) / 40.0 where alert_id % 5 <> 0",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    run["id"].as_i64().unwrap()
}

#[tokio::test]
async fn every_column_sorts_both_ways_over_pages_with_absent_values_last() {
    let app = TestApp::start_empty().await;
    let id = gappy_run(&app).await;
    let mut all =
        app.get(&format!("/api/runs/{id}/alerts/?page_size=1000")).await.json()["results"]
            .as_array()
            .unwrap()
            .clone();
    for row in &mut all {
        // Of several classes the most probable comes first.
        row["probability"] = row["classifications"][0]["probability"].clone();
    }
    for (column, key) in [
        ("time", "jd"),
        ("name", "object_id"),
        ("ra", "ra"),
        ("dec", "dec"),
        ("mag", "mag"),
        ("score", "score"),
        ("rb", "rb"),
        ("snr", "snr"),
        ("reliability", "reliability"),
        ("age", "age_d"),
        ("class", "probability"),
    ] {
        for descending in [false, true] {
            let order = format!("{}{column}", if descending { "-" } else { "" });
            let mut seen = Vec::new();
            let mut path = Some(format!("/runs/{id}/?order={order}&page_size=25"));
            let mut paths = Vec::new();
            while let Some(next) = path {
                let page = app.get(&next).await.expect(200).body;
                paths.push((next, shown(&page)));
                seen.extend(shown(&page));
                path = link(&page, "next");
            }
            assert_eq!(paths.len(), 5, "{order}");
            assert_eq!(seen, expected_order(&all, key, descending), "{order}");
            // Backwards by "Previous" one meets the same pages.
            let mut path = link(&app.get(&paths[4].0).await.body, "prev");
            for (_, rows) in paths[..4].iter().rev() {
                let page = app.get(&path.unwrap()).await.expect(200).body;
                assert_eq!(&shown(&page), rows, "{order}");
                path = link(&page, "prev");
            }
            assert_eq!(path, None);
        }
    }
}

/// The names of a table's columns, as a narrow page says them beside each value of the first row.
fn labels(page: &str) -> Vec<&str> {
    let row = page.split("<tbody>").nth(1).unwrap().split("</tr>").next().unwrap();
    row.split("data-label=\"").skip(1).map(|part| part.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn columns_are_chosen_and_every_link_keeps_the_choice() {
    const USUAL: [&str; 7] = ["Time (UTC)", "RA", "Dec", "Mag", "Score", "rb", "Target"];
    let app = TestApp::start_empty().await;
    let id = gappy_run(&app).await;
    let get = async |query: &str| app.get(&format!("/runs/{id}/?{query}")).await.expect(200).body;
    for usual in ["", "columns=", "columns=target,rb,score,mag,dec,ra,time"] {
        assert_eq!(labels(&get(usual).await), USUAL, "{usual}");
    }
    let few = get("columns=drb,ndethist&columns=mag&order=-mag&page_size=25").await;
    assert_eq!(labels(&few), ["Mag", "drb", "Detections"]);
    let next = link(&few, "next").unwrap();
    assert!(next.contains("columns=mag%2Cdrb%2Cndethist"), "{next}");
    assert_eq!(labels(&app.get(&next).await.expect(200).body), ["Mag", "drb", "Detections"]);
    assert_eq!(labels(&get("columns=name").await), Vec::<&str>::new());

    // What is opened there leads back to the same table.
    let alert = few.split("<th scope=\"row\"").nth(1).unwrap();
    let alert = alert.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let alert = app.get(&alert.replace("&#38;", "&").replace("&amp;", "&")).await.expect(200);
    alert.shows("columns=mag%2Cdrb%2Cndethist");

    let refused = app.get(&format!("/runs/{id}/?columns=mag,flavour")).await.expect(422);
    refused.shows(
        "“columns”: Give some of: time, name, ra, dec, mag, score, rb, drb, ndethist, by_band, snr, flux, science_flux, \
         reliability, age, first_detection, last_limit, star, gal_b, designation, class, tags, target.",
    );
    let alerts = app.get(&format!("/api/runs/{id}/alerts/?page_size=1")).await.json();
    for member in ["drb", "ndethist"] {
        assert!(alerts["results"][0][member].is_number(), "{member}: {alerts}");
    }
}

#[tokio::test]
async fn what_a_run_has_of_a_survey_in_flux_and_what_classifiers_say_is_shown_on_request() {
    let app = TestApp::start_empty().await;
    let id = gappy_run(&app).await;
    let pool = app.pool().await;
    let first = app.get(&format!("/api/runs/{id}/alerts/?page_size=1&order=name")).await.json();
    let row = &first["results"][0];
    for member in ["flux", "flux_err", "designation"] {
        assert_eq!(row[member], Value::Null, "ZTF has no {member}: {row}");
    }
    assert!(row["gal_b"].is_number() && row["detections"].is_object(), "{row}");
    let alert = row["id"].as_i64().unwrap();
    for statement in [
        "update alert set flux = -1234.5, flux_err = 20.25, flux_unit = 'nJy', snr = -60.9, designation = '2015 AB123'
         where id = $1",
        "delete from classification where alert_id = $1",
        "insert into classification (alert_id, classifier, version, class, class_id, probability, stream)
         values ($1, 'SuperNNova', '1.3', 'Ia', 0, 0.93, 'ztf-SuperNNova')",
        "insert into alert_tag (alert_id, tag) values ($1, 'is_pure')",
    ] {
        sqlx::query(statement).bind(alert).execute(&pool).await.unwrap();
    }
    let first = app.get(&format!("/api/runs/{id}/alerts/?page_size=1&order=name")).await.json();
    let row = &first["results"][0];
    assert_eq!(
        (&row["flux"], &row["flux_err"], &row["snr"]),
        (&json!(-1234.5), &json!(20.25), &json!(-60.9))
    );
    assert_eq!((&row["tags"], &row["designation"]), (&json!(["is_pure"]), &json!("2015 AB123")));
    let said = &row["classifications"][0];
    assert_eq!(
        (&said["class"], &said["class_id"], &said["probability"]),
        (&json!("Ia"), &json!(0), &json!(0.93))
    );
    let asked = "columns=snr,flux,designation,class,tags&order=name&page_size=25";
    let page = app.get(&format!("/runs/{id}/?{asked}")).await.expect(200);
    assert_eq!(labels(&page.body), ["S/N", "Flux", "Designation", "Class", "Tags"]);
    for shown in ["-1234 ", "± 20", "-60.9", "2015 AB123", "Ia 0.93", "SuperNNova", "is_pure"] {
        assert!(page.body.contains(shown.trim()), "{shown}");
    }
    let page = app.get(row["url"].as_str().unwrap()).await.expect(200);
    for shown in ["Ia 0.93", "version 1.3, by ztf-SuperNNova", "is_pure", "First detection"] {
        assert!(page.body.contains(shown), "{shown}");
    }
    assert!(!page.body.contains("reliability"), "ZTF has none");
}

#[tokio::test]
async fn an_alert_is_told_with_its_history_its_stamps_and_its_packet() {
    let app = TestApp::start_empty().await;
    let id = gappy_run(&app).await;
    let rows = app.get(&format!("/api/runs/{id}/alerts/?page_size=1000")).await.json();
    let of_most = |row: &&Value| row["ndethist"].as_i64();
    let row = rows["results"].as_array().unwrap().iter().max_by_key(of_most).unwrap();
    let path = format!("/api/alerts/ztf/{}/", row["source_id"].as_str().unwrap());
    let alert = app.get(&path).await.expect(200).json();
    for member in ["id", "object_id", "source_id", "detections", "gal_b", "tags", "url"] {
        assert_eq!(alert[member], row[member], "{member}");
    }
    let history = alert["history"].as_array().unwrap();
    let mjds: Vec<f64> = history.iter().map(|point| point["mjd"].as_f64().unwrap()).collect();
    assert!(!mjds.is_empty() && mjds.is_sorted(), "{history:?}");
    for point in history {
        let kind = point["kind"].as_str().unwrap();
        assert_eq!(point["flux"].is_null(), kind != "forced", "{point}");
        assert_eq!(point["flux_unit"].is_null(), point["flux"].is_null(), "{point}");
        assert!(kind == "forced" || point["mag"].is_number(), "{point}");
        assert!(point["mag"].is_null() || point["limit_mag"].is_null(), "{point}");
    }
    assert_eq!(alert["stamps"], json!(["science", "template", "difference"]));
    let packet = app.get(&format!("{}packet/", row["url"].as_str().unwrap())).await.expect(200);
    assert_eq!(alert["packet"]["format"], "avro");
    assert_eq!(
        alert["packet"]["bytes"].to_string(),
        packet.headers["content-length"].to_str().unwrap()
    );
    for nothing in ["ztf/1/", "ztf/x/", "moon/1/", "lsst/1/"] {
        let answer = app.get(&format!("/api/alerts/{nothing}")).await.expect(404).json();
        assert!(answer["detail"].is_string(), "{nothing}");
    }
    app.get(&format!("{path}?flavour=1")).await.expect(422);
}

#[tokio::test]
async fn a_page_that_follows_a_run_offers_what_is_new_in_its_own_order_and_columns() {
    let app = TestApp::start().await;
    let id = app.run(json!({})).await["id"].clone();
    let page = "order=-mag&columns=mag&page_size=25";
    for end in ["progress", "events"] {
        let news = app.get(&format!("/runs/{id}/{end}/?{page}&shown=0")).await.expect(200);
        let href = format!("/runs/{id}/?order=-mag&amp;columns=mag&amp;page_size=25");
        assert!(news.body.replace("&#38;", "&amp;").contains(&href), "{end}: {}", news.body);
    }
}

fn expected_order(all: &[Value], key: &str, descending: bool) -> Vec<i64> {
    let mut rows: Vec<&Value> = all.iter().collect();
    rows.sort_by(|a, b| {
        let ids = a["id"].as_i64().cmp(&b["id"].as_i64());
        let values = match (&a[key], &b[key]) {
            (Value::Null, Value::Null) => return if descending { ids.reverse() } else { ids },
            (Value::Null, _) => return std::cmp::Ordering::Greater,
            (_, Value::Null) => return std::cmp::Ordering::Less,
            (Value::String(a), Value::String(b)) => a.cmp(b),
            (a, b) => a.as_f64().unwrap().total_cmp(&b.as_f64().unwrap()),
        };
        if descending { values.then(ids).reverse() } else { values.then(ids) }
    });
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn the_pages_of_the_api_join_too() {
    let app = TestApp::start_empty().await;
    let id = gappy_run(&app).await;
    let mut seen = Vec::new();
    for page in 1..=7 {
        let answer = app
            .get(&format!("/api/runs/{id}/alerts/?page={page}&page_size=20&order=-mag"))
            .await
            .expect(200)
            .json();
        assert_eq!(answer["count"], 120);
        seen.extend(
            answer["results"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()),
        );
    }
    assert_eq!(seen.len(), 120);
    let all = app.get(&format!("/api/runs/{id}/alerts/?page_size=1000")).await.json()["results"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(seen, expected_order(&all, "mag", true));
    for wrong in
        ["order=flavour", "page=0", "page=-3", "page=x", "page_size=0", "page_size=100000000"]
    {
        app.get(&format!("/api/runs/{id}/alerts/?{wrong}")).await.expect(422);
    }
    let beyond = app.get(&format!("/api/runs/{id}/alerts/?page=99999999999")).await.expect(200);
    assert_eq!(beyond.json(), json!({"count": 120, "next": null, "results": []}));
}

#[tokio::test]
async fn cursors_that_were_tampered_with_do_no_harm() {
    let app = TestApp::start().await;
    let run = app.run(json!({})).await;
    for cursor in [
        "x",
        "1~2",
        "1~2~nan",
        "1~2~inf",
        "-1~2~3",
        "1~99999999999999999999~3",
        "1~2~3~4",
        "1~2~%00",
        "0~0~1e999",
        "~~",
        "1~2~'",
    ] {
        for order in ["time", "-mag", "name", "nonsense"] {
            // A name can be any text without a NUL.
            let is_place = order == "name"
                && ["1~2~nan", "1~2~inf", "1~2~3~4", "0~0~1e999", "1~2~'"].contains(&cursor);
            let status = if is_place { 200 } else { 422 };
            for turned in ["after", "before"] {
                let path = format!("/runs/{}/?order={order}&{turned}={cursor}", run["id"]);
                app.get(&path).await.expect(status);
            }
        }
    }
}

#[tokio::test]
async fn ids_beyond_2_to_the_53_are_shown_to_the_last_digit() {
    let app = TestApp::start_empty().await;
    let written = crate::support::write_night(&app.archive, 5, 12);
    let run = app.run(json!({})).await;
    let page = app.get(&format!("/runs/{}/", run["id"])).await;
    let results = app.results(&run, "name").await;
    for (object_id, candid) in written {
        assert!(candid > 1 << 53);
        assert!(page.body.contains(&candid.to_string()), "{candid}");
        let row = results.iter().find(|row| row["source_id"] == json!(candid.to_string())).unwrap();
        assert_eq!(row["object_id"], json!(object_id));
        let alert = app.get(&format!("/alerts/ztf/{candid}/")).await.expect(200);
        assert!(alert.body.contains(&candid.to_string()));
        let fields = app.get(&format!("/alerts/ztf/{candid}/json/")).await.expect(200).json();
        assert_eq!(fields["candid"], json!(candid.to_string()));
    }
}

#[tokio::test]
async fn ticks_hold_over_pages_and_become_targets_once() {
    let app = TestApp::start_empty().await;
    crate::support::write_night(&app.archive, 9, 60);
    let run = app.run(json!({})).await;
    let id = run["id"].as_i64().unwrap();
    let first = app.get(&format!("/runs/{id}/?page_size=25")).await.body;
    let rows = shown(&first);
    let selection = format!("/runs/{id}/selection/");
    let mut form: Vec<(&str, String)> =
        rows.iter().map(|row| ("on_page", row.to_string())).collect();
    form.extend([
        ("alerts", rows[0].to_string()),
        ("alerts", rows[3].to_string()),
        ("action", "update".to_owned()),
    ]);
    let sent: Vec<(&str, &str)> =
        form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    app.post(&selection, &sent).await.expect(303);
    let next = link(&first, "next").unwrap();
    let second = shown(&app.get(&next).await.body);
    let tick = second[1].to_string();
    let answer = app
        .post(
            &selection,
            &[("on_page", &tick), ("alerts", &tick), ("action", "update"), ("next", &next)],
        )
        .await;
    assert_eq!(answer.location(), next);
    app.get(&format!("/runs/{id}/")).await.shows("data-selected=\"3\"");

    let report = app
        .post_to_page(&selection, &[("action", "create")])
        .await
        .expect(200)
        .shows("3 targets created");
    assert_eq!(report.body.matches("is-good").count(), 3);
    assert_eq!(app.get("/api/targets/").await.json()["count"], 3);
    app.get(&format!("/runs/{id}/")).await.shows("data-selected=\"0\"");
    // Pressing again, as after "back", saves nothing twice.
    let ticked: Vec<(&str, &str)> = sent
        .iter()
        .map(|(name, value)| (*name, if *name == "action" { "create" } else { *value }))
        .collect();
    app.post_to_page(&selection, &ticked)
        .await
        .expect(200)
        .shows("0 targets created, 2 existed already");
    assert_eq!(app.get("/api/targets/").await.json()["count"], 3);
    let marked =
        app.results(&run, "name").await.iter().filter(|row| !row["target"].is_null()).count();
    assert!(marked >= 3);
    assert_eq!(
        app.get("/api/runs/").await.json()["results"].as_array().unwrap().len(),
        1,
        "saving ran the query again"
    );
}

#[tokio::test]
async fn all_rows_of_a_run_can_be_selected_and_cleared() {
    let app = TestApp::start().await;
    let run = app.run(json!({})).await;
    let selection = format!("/runs/{}/selection/", run["id"]);
    app.post(&selection, &[("action", "all")]).await.expect(303);
    app.get(&format!("/runs/{}/", run["id"])).await.shows("data-selected=\"40\"");
    app.post(&selection, &[("action", "clear")]).await.expect(303);
    app.get(&format!("/runs/{}/", run["id"])).await.shows("data-selected=\"0\"");
    let none = app.post(&selection, &[("action", "create")]).await.expect(303);
    app.get(none.location())
        .await
        .shows("Please select at least one alert from which to create a target.");
    app.post(&selection, &[("action", "update"), ("on_page", "x")]).await.expect(400);
    let elsewhere =
        app.post(&selection, &[("action", "clear"), ("next", "//evil.example/")]).await.expect(303);
    assert_eq!(elsewhere.location(), format!("/runs/{}/", run["id"]));
}

#[tokio::test]
async fn two_runs_do_not_mix() {
    let app = TestApp::start().await;
    let one = app.run(json!({"max_results": 3})).await;
    let two = app.run(json!({})).await;
    let only_in_two = app.results(&two, "name").await.into_iter().map(|row| row["id"].clone());
    let in_one: Vec<_> =
        app.results(&one, "name").await.into_iter().map(|row| row["id"].clone()).collect();
    let stranger = only_in_two.into_iter().find(|id| !in_one.contains(id)).unwrap();
    let answer = app
        .post_json(&format!("/api/runs/{}/targets/", one["id"]), &json!({"alerts": [stranger]}))
        .await
        .expect(200)
        .json();
    assert_eq!(answer["failed"][0]["reason"], "This run has no such alert.");
    assert_eq!(app.get("/api/targets/").await.json()["count"], 0);
}

#[tokio::test]
async fn fifty_who_save_the_same_alerts_at_once_make_each_target_once() {
    let app = TestApp::start().await;
    let run = app.run(json!({})).await;
    let rows = app.results(&run, "name").await;
    let ids: Vec<_> = rows.iter().map(|row| row["id"].clone()).collect();
    let mut objects: Vec<_> = rows.iter().map(|row| row["object_id"].as_str().unwrap()).collect();
    objects.dedup();
    let path = format!("/api/runs/{}/targets/", run["id"]);
    let body = json!({"alerts": ids});
    let saves = (0..50).map(|_| app.post_json(&path, &body));
    let answers = futures::future::join_all(saves).await;
    let mut n_created = 0;
    for answer in answers {
        let answer = answer.expect(200).json();
        assert_eq!(answer["failed"], json!([]));
        n_created += answer["created"].as_array().unwrap().len();
    }
    assert_eq!(n_created, objects.len());
    assert_eq!(app.get("/api/targets/").await.json()["count"], json!(objects.len()));
}
