//! What *Enter* does in the form of a query: a browser sends it by its first button, or by none.

use scraper::{ElementRef, Html, Selector};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

type Sent = Vec<(String, String)>;

fn select(selector: &str) -> Selector {
    Selector::parse(selector).unwrap()
}

/// What a browser sends of a field that nobody has touched.
fn untouched(field: ElementRef<'_>) -> Option<String> {
    let value = |element: ElementRef<'_>| element.value().attr("value").map(str::to_owned);
    match (field.value().name(), field.value().attr("type")) {
        ("select", _) => {
            let (marked, any) = (select("option[selected]"), select("option"));
            let option = field.select(&marked).next().or_else(|| field.select(&any).next());
            option.and_then(value)
        }
        ("textarea", _) => Some(field.text().collect()),
        (_, Some("radio" | "checkbox")) if field.value().attr("checked").is_none() => None,
        _ => value(field),
    }
}

/// Where the form of a query goes and what it holds, without a button and with the one that Enter presses: the first.
fn by_enter(page: &Answer, typed: &[(&str, &str)]) -> [(String, Sent); 2] {
    let html = Html::parse_document(&page.body);
    let form = html.select(&select("form[method=post][novalidate]")).next().unwrap();
    let attribute = |element: ElementRef<'_>, name| element.value().attr(name).map(str::to_owned);
    let action = attribute(form, "action").unwrap();
    let mut sent = Sent::new();
    for field in form.select(&select("input[name], select[name], textarea[name]")) {
        let name = attribute(field, "name").unwrap();
        let typed = typed.iter().find(|(typed, _)| *typed == name);
        let value = typed.map(|(_, value)| (*value).to_owned()).or_else(|| untouched(field));
        sent.extend(value.map(|value| (name, value)));
    }
    let button = form.select(&select("button:not([type=button])")).next().unwrap();
    assert!(button.value().attr("disabled").is_none(), "{}", page.body);
    let mut pressed = sent.clone();
    let name = attribute(button, "name");
    pressed.extend(name.map(|name| (name, attribute(button, "value").unwrap_or_default())));
    let place = attribute(button, "formaction").unwrap_or_else(|| action.clone());
    [(action, sent), (place, pressed)]
}

async fn n_runs(app: &TestApp) -> u64 {
    app.get("/api/runs/").await.expect(200).json()["count"].as_u64().unwrap()
}

#[tokio::test]
async fn enter_runs_a_query_only_where_that_takes_nothing_away_and_costs_nothing() {
    let app = TestApp::start_empty().await;
    let stream = [("subscription_name", "my-loop"), ("topic", "ztf-loop"), ("timeout", "5")];
    for (broker, typed, is_run) in [
        ("archive", &[("folder", "night")][..], true),
        ("stream-rest", &stream, false),
        ("stream-client", &stream, false),
        ("database", &[("cone", "150.1, 2.2, 30"), ("observed_after", "24h")], false),
    ] {
        let parameters: Value = typed.iter().map(|(name, value)| (*name, json!(value))).collect();
        let mut saved = json!({"name": "q", "broker": broker, "parameters": parameters});
        if broker == "database" {
            saved["parameters"]["max_results"] = json!(10);
            saved["parameters"]["table"] = json!("ardent-cycling-243415.ztf.alerts_v4_02");
        }
        let id = app.post_json("/api/queries/", &saved).await.expect(201).json()["id"].clone();
        for path in [
            format!("/alerts/query/create/?broker={broker}"),
            format!("/alerts/query/{id}/update/"),
        ] {
            let page = app.get(&path).await.expect(200);
            for ((action, form), expected) in
                by_enter(&page, typed).into_iter().zip([false, is_run])
            {
                let form: Vec<_> =
                    form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                let n_before = n_runs(&app).await;
                let answer = app.post(&action, &form).await;
                let status = answer.status.as_u16();
                assert!([200, 303, 422].contains(&status), "{path}: {}", answer.body);
                let is_looked_at = form.contains(&("action", "look"));
                assert!(!is_looked_at || status == 200, "{path}: {}", answer.body);
                assert_eq!(n_runs(&app).await > n_before, expected, "{path}: {form:?}");
            }
        }
    }
}
