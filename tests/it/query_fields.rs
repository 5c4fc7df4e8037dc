//! The fields of a query: what they are to a browser, what a stored query leaves out, and text that is pasted into them.

use std::collections::BTreeMap;

use scraper::{ElementRef, Html, Selector};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

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
async fn what_is_no_number_is_refused_by_its_field_and_stays_there() {
    let app = TestApp::start_empty().await;
    let mut n_numbers = 0;
    for (broker, fields) in forms(&app).await {
        let is_number =
            |field: &&Value| matches!(field["kind"].as_str(), Some("number" | "integer"));
        for name in fields.iter().filter(is_number).map(|field| field["name"].as_str().unwrap()) {
            for wrong in ["1e", "--5", "0.5.5", "five"] {
                let form = [("broker", broker.as_str()), (name, wrong), ("action", "run")];
                let page = app.post("/alerts/query/create/", &form).await.expect(422);
                let html = Html::parse_document(&page.body);
                let errors = select(&format!("#id_{name}-errors li"));
                assert_eq!(html.select(&errors).count(), 1, "{broker}: {name} {wrong}");
                let kept = select(&format!("input[name='{name}'][value='{wrong}']"));
                assert_eq!(html.select(&kept).count(), 1, "{broker}: {name} {wrong}");
            }
            let sent = json!({"broker": broker, "parameters": {name: "--5"}});
            let refused = app.post_json("/api/runs/", &sent).await.expect(422).json();
            assert!(refused["errors"][name][0].is_string(), "{broker}: {name}");
            n_numbers += 1;
        }
    }
    assert!(n_numbers > 30, "{n_numbers}");
    assert_eq!(app.get("/api/runs/").await.json()["count"], 0);
}

#[tokio::test]
async fn ids_and_names_are_what_they_look_like() {
    let app = TestApp::start_empty().await;
    let parameters = json!({"table": "ardent-cycling-243415.ztf.alerts_v4_02", "objectId": "ＺＴＦ２１ａｂｃｄｅｆｇ",
        "candid": "２９８２１７７１１２８１５０１０００３", "max_results": 5});
    let sent = json!({"name": "q", "broker": "database", "parameters": parameters});
    let made = app.post_json("/api/queries/", &sent).await.expect(201).json();
    assert_eq!(made["parameters"]["objectId"], "ZTF21abcdefg");
    assert_eq!(made["parameters"]["candid"], "2982177112815010003");
    let stream = json!({"subscription_name": "my\u{2011}loop", "topic": "ztf\u{2212}loop", "max_results": 5});
    let sent = json!({"name": "s", "broker": "stream-rest", "parameters": stream});
    let made = app.post_json("/api/queries/", &sent).await.expect(201).json();
    assert_eq!(made["parameters"]["subscription_name"], "my-loop");
    assert_eq!(made["parameters"]["topic"], "ztf-loop");
    let cone = json!({"broker": "archive", "parameters": {"cone": "400, 2, 3"}});
    let refused = app.post_json("/api/runs/", &cone).await.expect(422).json();
    assert!(refused["errors"]["cone"][0].is_string(), "{refused}");
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
        let form = [
            ("broker", "archive"),
            ("folder", "night"),
            ("max_results", "1"),
            ("cone", pasted),
            ("action", "run"),
        ];
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
