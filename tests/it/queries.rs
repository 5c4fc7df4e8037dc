//! "Query a Broker": what TOM users do with queries (cases A1 to A7 and A12), and what TOM answers with a 500.

use std::collections::BTreeMap;

use scraper::{ElementRef, Html, Selector};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

const GOOD: [(&str, &str); 5] = [
    ("broker", "archive"),
    ("folder", "night"),
    ("max_results", "10"),
    ("classtar_gt_lt", "lt"),
    ("query_name", "Is it dust?"),
];

fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form: Vec<_> = GOOD
        .into_iter()
        .filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name))
        .collect();
    form.extend(changes);
    form
}

#[tokio::test]
async fn the_form_of_a_broker_is_shown() {
    let app = TestApp::start().await;
    app.get("/alerts/query/create/?broker=archive")
        .await
        .expect(200)
        .shows("Alert archive Query Form")
        .shows("Good to know");
}

#[tokio::test]
async fn a_query_is_saved_listed_filtered_changed_copied_and_deleted() {
    let app = TestApp::start().await;
    let saved = app.post("/alerts/query/create/", &with(&[("action", "save")])).await.expect(303);
    assert_eq!(saved.location(), "/alerts/query/list/");
    app.get("/alerts/query/list/").await.expect(200).shows("Query saved.").shows("Is it dust?");
    app.get("/alerts/query/list/").await.hides("Query saved.");
    app.post("/alerts/query/create/", &with(&[("action", "save"), ("query_name", "find hoth")]))
        .await
        .expect(303);

    app.get("/alerts/query/list/?name=DUST").await.shows("Is it dust?").hides("find hoth");
    app.get("/alerts/query/list/?name=%25").await.shows("No saved query matches");
    app.get("/alerts/query/list/?broker=other").await.hides("find hoth");

    let id = app.get("/api/queries/?name=dust").await.json()["results"][0]["id"].as_i64().unwrap();
    app.get(&format!("/alerts/query/{id}/update/")).await.expect(200).shows("Is it dust?");
    let unread = with(&[("action", "save"), ("rb_min", "0.9"), ("query_name", "another place")]);
    app.post(&format!("/alerts/query/{id}/update/"), &unread).await.expect(400);
    let changed = [unread, vec![("version", "1")]].concat();
    app.post(&format!("/alerts/query/{id}/update/"), &changed).await.expect(303);
    let query = app.get(&format!("/api/queries/{id}/")).await.json();
    assert_eq!(
        (&query["name"], &query["parameters"]["rb_min"]),
        (&json!("another place"), &json!(0.9))
    );

    app.post(&format!("/alerts/query/{id}/copy/"), &[]).await.expect(303);
    app.get("/alerts/query/list/").await.shows("Copy of another place");
    app.get(&format!("/alerts/query/{id}/delete/")).await.expect(200).shows("Delete the query");
    app.post(&format!("/alerts/query/{id}/delete/"), &[]).await.expect(303);
    app.get(&format!("/alerts/query/{id}/update/")).await.expect(404);
    app.post(&format!("/alerts/query/{id}/delete/"), &[]).await.expect(404);
}

#[tokio::test]
async fn a_saved_query_runs_only_by_post_and_its_last_run_is_listed() {
    let app = TestApp::start().await;
    let run =
        app.post("/alerts/query/create/", &with(&[("action", "save_and_run")])).await.expect(303);
    let id: i64 = run.location().trim_matches('/').rsplit('/').next().unwrap().parse().unwrap();
    app.wait(id).await;
    app.get("/alerts/query/list/").await.shows("10 alerts").shows(&format!("/runs/{id}/"));
    let query = app.get("/api/queries/").await.json()["results"][0]["id"].as_i64().unwrap();
    app.get(&format!("/alerts/query/{query}/run/")).await.expect(405);
    assert_eq!(app.get("/api/runs/").await.json()["results"].as_array().unwrap().len(), 1);
    app.post(&format!("/alerts/query/{query}/run/"), &[]).await.expect(303);
    assert_eq!(app.get("/api/runs/").await.json()["results"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn wrong_values_come_back_with_a_message_by_the_field_and_nothing_is_lost() {
    let app = TestApp::start().await;
    let wrong = with(&[
        ("action", "save"),
        ("max_results", "0"),
        ("rb_min", "high"),
        ("mag_min", "20"),
        ("mag_max", "10"),
        ("cone", "10 00 24"),
        ("observed_after", "03/04/2026"),
        ("folder", "/etc"),
        ("query_name", ""),
    ]);
    app.post("/alerts/query/create/", &wrong)
        .await
        .expect(422)
        .shows("This field is required.")
        .shows("Enter a whole number from 1 to 1,000,000.")
        .shows("Enter a number from 0 to 1.")
        .shows("The faintest magnitude must not be brighter than the brightest.")
        .shows("Cone search parameters must be in the format")
        .shows("Is that day or month first?")
        .shows("/etc is not one of the available choices.")
        .shows("value=\"high\"")
        .shows("value=\"10 00 24\"")
        .shows("value=\"03/04/2026\"");
    assert_eq!(app.get("/api/queries/").await.json()["count"], 0);
    app.post("/alerts/query/create/", &with(&[("action", "run"), ("query_name", "")]))
        .await
        .expect(303);
}

#[tokio::test]
async fn saved_queries_are_listed_in_every_order() {
    let app = TestApp::start().await;
    for name in ["beta", "Alpha", "gamma"] {
        app.post("/alerts/query/create/", &with(&[("action", "save"), ("query_name", name)]))
            .await
            .expect(303);
    }
    let run = app.post("/alerts/query/1/run/", &[]).await.expect(303).location().to_owned();
    app.wait(run.trim_matches('/').rsplit('/').next().unwrap().parse().unwrap()).await;
    for (order, expected) in [
        ("created", ["beta", "Alpha", "gamma"]),
        ("-created", ["gamma", "Alpha", "beta"]),
        ("name", ["Alpha", "beta", "gamma"]),
        ("-name", ["gamma", "beta", "Alpha"]),
        ("broker", ["Alpha", "beta", "gamma"]),
        ("-broker", ["Alpha", "beta", "gamma"]),
        ("owner", ["Alpha", "beta", "gamma"]),
        ("-owner", ["Alpha", "beta", "gamma"]),
        ("-last_run", ["beta", "gamma", "Alpha"]),
        // Who never ran is last in both.
        ("last_run", ["beta", "Alpha", "gamma"]),
    ] {
        let page = app.get(&format!("/alerts/query/list/?order={order}")).await.expect(200).body;
        let places = expected.map(|name| page.find(&format!("/\">{name}</a></th>")).unwrap());
        assert!(places.is_sorted(), "{order}");
    }
    app.storage.refresh_statistics().await.unwrap();
}

#[tokio::test]
async fn positions_and_times_are_echoed_as_they_are_read() {
    let app = TestApp::start().await;
    let echo = |field: &str, value: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("broker", "archive"), ("field", field), ("value", value)])
            .finish();
        format!("/alerts/query/echo/?{query}")
    };
    let read = app.get(&echo("cone", "10 00 24.12 +02 12 00.4, 2'")).await.expect(200);
    assert_eq!(read.body, "read as 10 00 24.12 +02 12 00.4 → 150.100500 +2.200111, radius 2′");
    app.get(&echo("observed_after", "MJD 61295.5"))
        .await
        .expect(200)
        .shows("2026-09-12 12:00:00 UTC");
    assert_eq!(app.get(&echo("cone", "here")).await.expect(200).body, "");
    assert_eq!(app.get(&echo("rb_min", "1")).await.expect(200).body, "");
    assert_eq!(app.get(&echo("rb_min", "5e-1")).await.expect(200).body, "read as 0.5");
    app.get(&echo("positive_only", "true")).await.expect(404);
}

#[tokio::test]
async fn unknown_brokers_queries_and_pages_are_not_found_and_never_a_fault() {
    let app = TestApp::start().await;
    for path in [
        "/alerts/query/999/update/",
        "/alerts/query/x/update/",
        "/alerts/query/999/delete/",
        "/runs/999/",
        "/runs/x/",
        "/runs/99999999999999999999/",
        "/targets/999/",
        "/targets/-/",
        "/alerts/ztf/1/",
        "/alerts/mars/1/",
        "/alerts/ztf/abc/",
        "/nothing/",
        "/runs/1/unreadable/1/",
        "/static/0/app.css",
        "/%00",
        "/alerts/query/%FF/update/",
    ] {
        app.get(path).await.expect(404);
    }
    app.get("/alerts/query/create/?broker=MARS").await.expect(422).shows("Give one of: archive, ");
    assert_eq!(app.get("/runs?state=failed").await.expect(308).location(), "/runs/?state=failed");
    assert_eq!(
        app.get("/alerts/query/create/").await.expect(303).location(),
        "/alerts/query/list/"
    );
    app.post("/alerts/query/create/", &[("broker", "MARS")]).await.expect(404);
    app.post("/alerts/query/999/run/", &[]).await.expect(404);
}

#[tokio::test]
async fn a_saved_query_that_no_longer_fits_comes_back_as_a_form_with_errors() {
    let app = TestApp::start().await;
    let saved = json!({"name": "old", "broker": "archive", "parameters": {"folder": "night"}});
    let id =
        app.post_json("/api/queries/", &saved).await.expect(201).json()["id"].as_i64().unwrap();
    sqlx::query(
        "update saved_query set parameters = '{\"folder\": \"gone\", \"flavour\": \"up\"}'",
    )
    .execute(&app.pool().await)
    .await
    .unwrap();
    let refused = app.post(&format!("/alerts/query/{id}/run/"), &[]).await.expect(303);
    app.get(refused.location())
        .await
        .expect(200)
        .shows("gone is not one of the available choices.");
    app.post_json(&format!("/api/queries/{id}/runs/"), &json!({}))
        .await
        .expect(422)
        .shows("flavour");
}

#[tokio::test]
async fn hostile_names_are_shown_as_text() {
    let app = TestApp::start().await;
    for name in
        ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{7*7}}", "' or 1=1 --"]
    {
        app.post("/alerts/query/create/", &with(&[("action", "save"), ("query_name", name)]))
            .await
            .expect(303);
    }
    app.get("/alerts/query/list/")
        .await
        .expect(200)
        .hides("<script>alert")
        .hides("<img src=x")
        .shows("{{7*7}}");
    for name in ["a\0b", "a\u{202e}b", "\u{200b}"] {
        app.post("/alerts/query/create/", &with(&[("action", "save"), ("query_name", name)]))
            .await
            .expect(422);
    }
}

/// Brokers with the fields of their forms, as the API tells them.
async fn forms(app: &TestApp) -> Vec<(String, Vec<Value>)> {
    let told = app.get("/api/brokers/").await.expect(200).json();
    let brokers = told["results"].as_array().unwrap().iter();
    let forms: Vec<_> = brokers
        .map(|broker| {
            let fields = broker["form"]["fields"].as_array().unwrap().clone();
            (broker["id"].as_str().unwrap().to_owned(), fields)
        })
        .collect();
    assert_eq!(forms.len(), 4, "{told}");
    forms
}

fn select(selector: &str) -> Selector {
    Selector::parse(selector).unwrap()
}

#[tokio::test]
async fn fields_of_numbers_are_texts_for_which_a_keyboard_of_numbers_comes_up() {
    let app = TestApp::start_empty().await;
    let mut n_numbers = 0;
    for (broker, fields) in forms(&app).await {
        let page = app.get(&format!("/alerts/query/create/?broker={broker}")).await.expect(200);
        let page = Html::parse_document(&page.body);
        for field in fields {
            let mode = match field["kind"].as_str().unwrap() {
                "integer" => "numeric",
                "number" => "decimal",
                _ => continue,
            };
            let name = field["name"].as_str().unwrap();
            let inputs = select(&format!("input[name='{name}']"));
            let inputs: Vec<_> = page.select(&inputs).map(|input| input.value()).collect();
            assert_eq!(inputs.len(), 1, "{broker}: {name}");
            // With the type number a browser drops what is none without a word.
            let is = (inputs[0].attr("type"), inputs[0].attr("inputmode"));
            assert_eq!(is, (Some("text"), Some(mode)), "{broker}: {name}");
            n_numbers += 1;
        }
    }
    assert!(n_numbers > 30, "{n_numbers}");
}

/// What is chosen on a page, by the name of the field: of its radio buttons and of its lists.
fn chosen(page: &Answer) -> BTreeMap<String, Vec<String>> {
    let html = Html::parse_document(&page.body);
    let value = |element: ElementRef<'_>, name: &str| {
        element.value().attr(name).unwrap_or_default().to_owned()
    };
    let mut chosen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for radio in html.select(&select("main input[type=radio]")) {
        let values = chosen.entry(value(radio, "name")).or_default();
        values.extend(radio.value().attr("checked").map(|_| value(radio, "value")));
    }
    for list in html.select(&select("main select")) {
        let options: Vec<_> = list.select(&select("option")).collect();
        // Where none is marked, a browser chooses the first.
        let marked = options.iter().filter(|option| option.value().attr("selected").is_some());
        let marked: Vec<_> = marked.map(|option| value(*option, "value")).collect();
        let first = options.first().map(|option| value(*option, "value"));
        let marked = if marked.is_empty() { first.into_iter().collect() } else { marked };
        chosen.insert(value(list, "name"), marked);
    }
    chosen
}

#[tokio::test]
async fn a_stored_query_that_leaves_its_choices_out_opens_with_those_of_a_new_one() {
    let app = TestApp::start().await;
    let saved = json!({"name": "q", "broker": "archive", "parameters": {"folder": "night"}});
    let id = app.post_json("/api/queries/", &saved).await.expect(201).json()["id"].clone();
    let run = app.run(json!({"max_results": 1})).await["id"].clone();
    let pool = app.pool().await;
    let mut n_choices = 0;
    for (broker, _) in forms(&app).await {
        for table in ["saved_query", "run"] {
            let bare = format!("update {table} set broker = $1, parameters = '{}'", "{}");
            sqlx::query(sqlx::AssertSqlSafe(bare)).bind(&broker).execute(&pool).await.unwrap();
        }
        let new = app.get(&format!("/alerts/query/create/?broker={broker}")).await.expect(200);
        let of_new = chosen(&new);
        for path in [
            format!("/alerts/query/{id}/update/"),
            format!("/alerts/query/{id}/update/?check=1"),
            format!("/alerts/query/create/?broker={broker}&from_run={run}"),
        ] {
            let page = app.get(&path).await.expect(200);
            assert_eq!(chosen(&page), of_new, "{broker}: {path}");
        }
        for (name, values) in of_new {
            assert_eq!(values.len(), 1, "{broker}: {name}");
            n_choices += 1;
        }
    }
    assert!(n_choices >= 8, "{n_choices}");
}

#[tokio::test]
async fn a_comma_for_a_point_is_told_of_by_its_field_in_forms_and_by_the_api() {
    let app = TestApp::start_empty().await;
    let told = "Use a point for decimals and no commas: 0.65.";
    let mut n_numbers = 0;
    for (broker, fields) in forms(&app).await {
        let numbers = fields.iter().filter(|field| field["kind"] == "number");
        for name in numbers.map(|field| field["name"].as_str().unwrap()) {
            let form = [("broker", broker.as_str()), (name, "0,65"), ("action", "run")];
            let page = app.post("/alerts/query/create/", &form).await.expect(422);
            let html = Html::parse_document(&page.body);
            let errors = select(&format!("#id_{name}-errors"));
            let errors: String = html.select(&errors).flat_map(|list| list.text()).collect();
            assert_eq!(errors.trim(), told, "{broker}: {name}");
            let kept = select(&format!("input[name='{name}'][value='0,65']"));
            assert_eq!(html.select(&kept).count(), 1, "{broker}: {name}");
            let sent = json!({"name": "q", "broker": broker, "parameters": {name: "0,65"}});
            for path in ["/api/queries/", "/api/runs/"] {
                let mut sent = sent.clone();
                if path == "/api/runs/" {
                    sent.as_object_mut().unwrap().remove("name");
                }
                let refused = app.post_json(path, &sent).await.expect(422).json();
                assert_eq!(refused["errors"][name], json!([told]), "{broker}: {name}");
            }
            n_numbers += 1;
        }
    }
    assert!(n_numbers >= 15, "{n_numbers}");
    assert_eq!(app.get("/api/runs/").await.json()["count"], 0);
}

#[tokio::test]
async fn what_is_pasted_with_tabs_and_ends_of_lines_is_read_the_same_everywhere() {
    let app = TestApp::start().await;
    let encoded = |pairs: &[(&str, &str)]| {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    };
    let echo = "read as 10 00 24.00 +02 12 00.0 → 150.100000 +2.200000, radius 30″";
    for pasted in [
        "150.1 2.2, 30",
        "150.1\t2.2, 30",
        "150.1\r\n2.2, 30\r\n",
        "\t150.1\u{a0}2.2,\t30\n",
        "150.1\u{2028}2.2,\u{3000}30",
    ] {
        let form = with(&[("max_results", "1"), ("cone", pasted), ("action", "run")]);
        let run = app.post("/alerts/query/create/", &form).await.expect(303);
        let id = run.location().trim_matches('/').rsplit('/').next().unwrap().parse().unwrap();
        let by_form = app.wait(id).await["parameters"]["cone"].clone();
        let by_api =
            app.run(json!({"max_results": 1, "cone": pasted})).await["parameters"]["cone"].clone();
        assert_eq!(by_form, by_api, "{pasted:?}");
        let kept = by_form.as_str().unwrap();
        assert_eq!(kept.split_whitespace().collect::<Vec<_>>().join(" "), "150.1 2.2, 30");
        assert!(!kept.contains(char::is_control), "{kept:?}");
        for (path, field) in
            [("/alerts/query/echo/?broker=archive&", "cone"), ("/targets/echo/?", "cone_search")]
        {
            let query = encoded(&[("field", field), ("value", pasted)]);
            assert_eq!(
                app.get(&format!("{path}{query}")).await.expect(200).body,
                echo,
                "{pasted:?}"
            );
        }
        let query = encoded(&[("cone_search", pasted)]);
        app.get(&format!("/targets/?{query}")).await.expect(200).shows(echo);
        app.get(&format!("/api/targets/?{query}")).await.expect(200);
    }
    let hidden = json!({"broker": "archive", "parameters": {"folder": "night", "cone": "150.1\u{7}2.2, 30"}});
    let refused = app.post_json("/api/runs/", &hidden).await.expect(422).json();
    assert_eq!(refused["errors"]["cone"], json!(["Control characters are not allowed."]));
}
