//! A backend that the program does not have, of a service that is not Google's. It is put into the list by a line; pages, runs
//! and the API know no more of it than it says of itself.

mod backend;
mod service;

use std::sync::Arc;

use serde_json::json;

use self::{backend::Toy, service::ToyService};
use crate::support::{Answer, TestApp};

const FIRST_STEP: [(&str, &str); 5] = [
    ("broker", "toy"),
    ("action", "run"),
    ("night", "tonight"),
    ("max_results", "100"),
    ("rb_min", "0.65"),
];

async fn start(toy: Toy) -> TestApp {
    TestApp::start_with_backends(|mut backends| {
        backends.insert(0, Arc::new(toy));
        backends
    })
    .await
}

/// Runs a form that brings something; the run's page.
async fn page_of_run(app: &TestApp, form: &[(&str, &str)]) -> Answer {
    let (run, page) = run(app, form).await;
    assert_eq!(run["state"], "finished", "{run}");
    page
}

/// Runs a form to its end; the run, and its page.
async fn run(app: &TestApp, form: &[(&str, &str)]) -> (serde_json::Value, Answer) {
    let started = app.post("/alerts/query/create/", form).await.expect(303);
    let page = started.location().to_owned();
    let id = page.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
    (app.wait(id).await, app.get(&page).await.expect(200))
}

#[tokio::test]
async fn a_backend_is_one_line_and_pages_show_what_it_says_of_itself() {
    let service = ToyService::start().await;
    let app = start(Toy::of(&service)).await;
    let listed = app.get("/api/brokers/").await.expect(200).json()["results"].clone();
    assert_eq!((&listed[0]["id"], &listed[0]["name"]), (&json!("toy"), &json!("Toy alerts")));
    assert_eq!(listed[0]["form"]["fields"][0]["name"], "night");
    assert_eq!(listed[1]["id"], "archive", "the others are there as well");

    let home = app.get("/").await.expect(200).shows("The toy has a night for you.");
    for (name, value) in FIRST_STEP {
        let field = format!("name=\"{name}\" value=\"{value}\"");
        assert!(home.body.contains(&field), "{field} in {}", home.body);
    }
    home.shows("Query the toy").hides("Your archive is ready");

    let form = app.get("/alerts/query/create/?broker=toy").await.expect(200);
    form.shows("Which night of the toy").shows("Toys keep no secrets.").hides("Upload packets");
    let form = app.get("/alerts/query/create/?broker=archive").await.expect(200);
    form.shows("Upload packets").shows("action=\"/alerts/archive/upload/\"");
    app.post("/alerts/toy/upload/", &[]).await.expect(400);
}

#[tokio::test]
async fn a_run_fetches_through_trouble_filters_and_stores() {
    let service = ToyService::start().await;
    let app = start(Toy::of(&service)).await;
    let (run, page) = run(&app, &FIRST_STEP).await;
    assert_eq!(run["state"], "finished", "{run}");
    let (n_good, n_all) = (service.n_with_rb_of(0.65), service.n_packets());
    assert!(0 < n_good && n_good < n_all, "some pass and some do not");
    let counts = &run["counts"];
    assert_eq!(counts["received"], n_all + 1, "{counts}");
    assert_eq!((&counts["stored"], &counts["passed"]), (&json!(n_good), &json!(n_good)));
    assert_eq!((&counts["unreadable"], &counts["acknowledged"]), (&json!(1), &json!(0)));
    assert_eq!(app.results(&run, "name").await.len(), n_good);
    assert_eq!(service.n_asked(), 2, "once in vain");
    page.shows("Toy alerts")
        .shows("Toy service does not answer as it should (status 503: the toy warms up)")
        .shows("Toy service answers again")
        .shows("Tonight is all there is.")
        .shows("rb ≥ 0.65")
        .hides("Acknowledged");
}

#[tokio::test]
async fn what_a_toy_cannot_bring_is_told_in_the_name_of_its_service() {
    let service = ToyService::start().await;
    let app = start(Toy::of(&service)).await;
    let failed = async |night: &str| {
        let (run, _) = run(&app, &[("broker", "toy"), ("action", "run"), ("night", night)]).await;
        assert_eq!(run["state"], "failed", "{run}");
        run["feedback"].as_str().unwrap().to_owned()
    };
    let feedback = failed("yesterday").await;
    assert_eq!(feedback, "Toy service does not have the night yesterday. It says: it was cloudy.");
    let feedback = failed("busy").await;
    assert!(feedback.starts_with("Toy service could not be reached for"), "{feedback}");
    assert!(feedback.contains("the toy warms up"), "{feedback}");
    let app = start(Toy { token: "wrong", ..Toy::of(&service) }).await;
    let (refused, _) = run(&app, &FIRST_STEP).await;
    let feedback = refused["feedback"].as_str().unwrap();
    assert!(feedback.starts_with("Toy service does not accept the token"), "{feedback}");
    let app = start(Toy { limit: 1 << 20, ..Toy::of(&service) }).await;
    let (run, _) = run(&app, &FIRST_STEP).await;
    assert_eq!(run["feedback"], "The answer about the night tonight is larger than 1 MiB.");
}

#[tokio::test]
async fn a_backend_that_says_otherwise_is_shown_otherwise() {
    let service = ToyService::start().await;
    let plain = start(Toy::of(&service)).await;
    plain.get("/alerts/query/create/?broker=toy").await.hides("Check</button>");
    plain.post("/alerts/query/preview/", &FIRST_STEP).await.expect(404);

    let other = Toy { acknowledges: true, has_preview: true, ..Toy::of(&service) };
    let app = start(other).await;
    app.get("/alerts/query/create/?broker=toy").await.expect(200).shows("Check</button>");
    app.post("/alerts/query/preview/", &FIRST_STEP)
        .await
        .expect(200)
        .shows("billed to the project toys. Toy service will refuse it above")
        .shows("Toys are cheap.");
    page_of_run(&app, &FIRST_STEP).await.shows("Acknowledged");
}

#[tokio::test]
async fn a_field_that_says_nothing_without_another_is_left_out_of_the_words() {
    let service = ToyService::start().await;
    let app = start(Toy::of(&service)).await;
    let form =
        [("broker", "toy"), ("action", "run"), ("night", "tonight"), ("classtar_gt_lt", "gt")];
    page_of_run(&app, &form).await.hides("classtar is").hides("<dt>classtar</dt>");
    let with_threshold = [&form[..], &[("classtar_threshold", "0.1")]].concat();
    page_of_run(&app, &with_threshold).await.shows("<dt>classtar</dt>").shows("≥ 0.1");
}
