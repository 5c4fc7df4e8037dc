//! A page takes the parameters that it says it takes, and refuses the rest by their names: nothing is passed over.

use serde_json::json;

use crate::{
    sign_in::{Deployment, routes},
    support::TestApp,
};

/// What no person looks at, and the way back from the provider, who adds names at will.
const FOR_MACHINES: [&str; 5] =
    ["/static/0123abcd/app.css", "/healthz", "/readyz", "/metrics", "/accounts/callback/"];

#[tokio::test]
async fn a_parameter_that_no_page_takes_is_named_on_every_page() {
    let deployment = Deployment::start().await;
    let admin = deployment.signed_in("ada@obs.example").await;
    let mut n_pages = 0;
    for route in routes::all().into_iter().filter(|route| !route.is_api()) {
        if !route.methods.contains(&"GET") || FOR_MACHINES.contains(&&*route.path) {
            continue;
        }
        // Of who is in already, the page of the sign-in asks nothing.
        let strange = admin.get(&format!("{}?strangr=1", route.path)).await;
        assert_eq!(strange.status.as_u16(), 422, "{}: {}", route.pattern, strange.body);
        strange.shows("Not understood").shows("“strangr”: This page takes no");
        let links = format!("{}?utm_source=mail&fbclid=1&strange=1", route.path);
        admin.get(&links).await.expect(422).shows("“strange”").hides("“utm").hides("“fbclid");
        n_pages += 1;
    }
    assert!(n_pages >= 40, "{n_pages}");
    admin.get("/runs/?utm_source=mail&fbclid=1").await.expect(200);
    let nobody = deployment.browser();
    nobody.get("/accounts/login/?strangr=1").await.expect(422).shows("“strangr”");
}

#[tokio::test]
async fn a_value_that_cannot_be_read_is_named_and_no_list_is_shown_without_it() {
    let app = TestApp::start().await;
    app.post_json("/api/targets/", &json!({"name": "nova", "ra": 1, "dec": 2})).await.expect(201);
    let query = json!({"name": "my query", "broker": "archive", "parameters": {"folder": "night"}});
    app.post_json("/api/queries/", &query).await.expect(201);
    let run = app.run(json!({"max_results": 3})).await;
    let alert = app.results(&run, "time").await[0]["url"].as_str().unwrap().to_owned();
    let run = format!("/runs/{}/", run["id"]);
    let whole = "Give a whole number.";
    for (path, named) in [
        (
            "/targets/?cone_serch=1,2,3",
            "“cone_serch”: This page takes no such parameter. It takes: name, ",
        ),
        ("/targets/?before=x", &format!("“before”: {whole}")),
        ("/targets/1/?before=x", &format!("“before”: {whole}")),
        ("/targets/1/?cone=1,2,3", "“cone”: This page takes no such parameter."),
        ("/targets/1/?order=-mag", "“order”: This page takes no such parameter."),
        ("/targets/1/?run=1&name=other", "“name”: This page takes no such parameter."),
        ("/targets/1/?alerts_before=1&alerts_after=2", "“alerts_before”: Give it without"),
        ("/targets/1/update/?page_size=25", "“page_size”: This page takes no such parameter."),
        (&format!("{alert}?order=-mag"), "“order”: This page takes no such parameter."),
        (&format!("{alert}?alerts_before=5"), "“alerts_before”: This page takes no such"),
        (&format!("{alert}?run=1&name=x"), "“name”: This page takes no such parameter."),
        ("/targets/?whose=mine2", "“whose”: Give one of: all, mine, groups."),
        ("/targets/?name=a&name=b", "“name”: Give it once"),
        ("/runs/?state=done", "“state”: Give one of: queued, "),
        ("/runs/?before=2.0", &format!("“before”: {whole}")),
        (&format!("{run}?page=2"), "“page”: This page takes no such parameter."),
        (&format!("{run}?order=nope"), "“order”: Give one of: time, -time, "),
        (&format!("{run}?page_size=26"), "“page_size”: Give one of: 25, 50, 100, 200."),
        (&format!("{run}?after=x"), "“after”: This is no place"),
        (&format!("{run}?after=0~1~2&before=0~1~2"), "“before”: Give it without “after”."),
        (&format!("{run}unreadable/?after=-1"), "“after”: Give a whole number from 0 on."),
        (&format!("{run}history/?before=x"), &format!("“before”: {whole}")),
        (&format!("{run}progress/?shown=-1"), "“shown”: Give a whole number from 0 on."),
        (&format!("{run}events/?shown=x"), "“shown”: Give a whole number from 0 on."),
        ("/team/history/?before=x", &format!("“before”: {whole}")),
        ("/team/history/?actio=created", "“actio”: This page takes no such parameter."),
        ("/team/history/export/?before=1", "“before”: This page takes no such parameter."),
        ("/alerts/query/list/?order=nope", "“order”: Give one of: -created, "),
        ("/alerts/query/list/?broker=nope", "“broker”: Give one of: archive, "),
        ("/alerts/query/list/?page=0", "“page”: Give a whole number from 1 to 100000."),
        ("/subscriptions/?page=0", "“page”: Give a whole number from 1 on."),
        ("/subscriptions/?topc=x", "“topc”: This page takes no such parameter."),
        ("/alerts/query/create/?broker=nope", "“broker”: Give one of: archive, "),
        ("/alerts/query/create/?rb_min=0.65", "“rb_min”: This page takes no such parameter."),
        (
            "/alerts/query/create/?broker=archive&rb_mi=0.65",
            "“rb_mi”: This page takes no such parameter.",
        ),
        ("/alerts/query/create/?broker=archive&rb_min=0.1&rb_min=0.2", "“rb_min”: Give it once"),
        ("/alerts/query/create/?broker=archive&check=2", "“check”: Give one of: 1."),
        ("/alerts/query/1/update/?draft=x", &format!("“draft”: {whole}")),
        ("/alerts/query/echo/?brokr=archive", "“brokr”: This page takes no such parameter."),
    ] {
        let page = app.get(path).await.expect(422).shows("Not understood");
        page.shows(named).hides("nova").hides("my query").hides("scope=\"row\"");
    }
}

#[tokio::test]
async fn a_search_that_cannot_be_read_says_so_beside_its_field_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    app.post_json("/api/targets/", &json!({"name": "nova", "ra": 1, "dec": 2})).await.expect(201);
    for (path, typed, message) in [
        ("/targets/?cone_search=here&name=no", "value=\"here\"", "Cone search parameters must be"),
        ("/targets/?cone=here", "value=\"here\"", "Cone search parameters must be"),
        ("/targets/?name=---", "value=\"---\"", "Enter a letter or a digit of the name."),
        ("/team/history/?since=soon&kind=run", "value=\"soon\"", "Enter days as"),
        ("/team/history/?object=x", "name=\"since\"", "There is no such filter: object “x”."),
        (
            "/alerts/query/create/?broker=archive&rb_min=two&mag_max=19.5",
            "value=\"two\"",
            "Enter a number from 0 to 1.",
        ),
        (
            "/alerts/query/create/?broker=archive&mag_min=19&rb_min=2",
            "value=\"19\"",
            "id=\"id_rb_min-error",
        ),
    ] {
        app.get(path).await.expect(422).shows(typed).shows(message).hides(">nova<");
    }
}

#[tokio::test]
async fn the_form_of_a_query_is_filled_in_by_its_address() {
    let app = TestApp::start().await;
    let filled =
        "/alerts/query/create/?broker=archive&rb_min=0.65&bands=g&bands=r&cone=&folder=night";
    let page = app.get(filled).await.expect(200).shows("value=\"0.65\"");
    let ticked =
        page.body.lines().filter(|line| line.contains("name=\"bands\"")).collect::<Vec<_>>();
    let n_ticked = ticked.iter().filter(|line| line.contains("checked")).count();
    assert_eq!(n_ticked, 2, "{ticked:#?}");
}
