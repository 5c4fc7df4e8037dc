//! Two tabs of one run: what is ticked in one and what is ticked in the other are both kept, with and without script.

use serde_json::json;

use crate::support::TestApp;

/// A page of results in a tab, with the boxes as somebody has ticked them since.
struct Tab {
    on_page: Vec<String>,
    was_ticked: Vec<String>,
    ticked: Vec<String>,
}

impl Tab {
    async fn open(app: &TestApp, path: &str) -> Self {
        let page = app.get(path).await.expect(200).body;
        let values = |name: &str| {
            let before = format!("name=\"{name}\" value=\"");
            let parts = page.split(&before).skip(1);
            parts.map(|part| part.split('"').next().unwrap().to_owned()).collect()
        };
        let boxes = page.split("name=\"alerts\" value=\"").skip(1);
        let ticked = boxes.filter(|part| part.split('>').next().unwrap().ends_with(" checked"));
        let ticked = ticked.map(|part| part.split('"').next().unwrap().to_owned()).collect();
        Self { on_page: values("on_page"), was_ticked: values("was_ticked"), ticked }
    }

    fn tick(&mut self, row: usize) {
        self.ticked.push(self.on_page[row].clone());
    }

    fn clear(&mut self, row: usize) {
        self.ticked.retain(|id| *id != self.on_page[row]);
    }

    /// Sends the form as a browser without script does.
    async fn send(&self, app: &TestApp, path: &str, action: &str) {
        let on_page = self.on_page.iter().map(|id| ("on_page", id.as_str()));
        let was_ticked = self.was_ticked.iter().map(|id| ("was_ticked", id.as_str()));
        let ticked = self.ticked.iter().map(|id| ("alerts", id.as_str()));
        let form: Vec<_> =
            on_page.chain(was_ticked).chain(ticked).chain([("action", action)]).collect();
        app.post(&format!("{path}selection/"), &form).await;
    }

    fn shows_ticked(&self) -> Vec<usize> {
        let rows = self.on_page.iter().enumerate();
        rows.filter(|(_, id)| self.ticked.contains(id)).map(|(row, _)| row).collect()
    }
}

#[tokio::test]
async fn what_two_tabs_of_one_run_tick_and_clear_is_all_kept() {
    let app = TestApp::start().await;
    let run = app.run(json!({})).await;
    let path = format!("/runs/{}/", run["id"]);
    let (mut one, mut other) = (Tab::open(&app, &path).await, Tab::open(&app, &path).await);
    one.tick(0);
    one.send(&app, &path, "update").await;
    other.tick(1);
    other.send(&app, &path, "update").await;
    assert_eq!(Tab::open(&app, &path).await.shows_ticked(), [0, 1], "neither undoes the other's");

    let (mut one, mut other) = (Tab::open(&app, &path).await, Tab::open(&app, &path).await);
    one.clear(0);
    one.send(&app, &path, "update").await;
    other.tick(2);
    other.send(&app, &path, "update").await;
    assert_eq!(Tab::open(&app, &path).await.shows_ticked(), [1, 2], "what was cleared stays so");
}

#[tokio::test]
async fn a_tab_that_creates_targets_does_so_of_what_the_other_ticked_too() {
    let app = TestApp::start().await;
    let run = app.run(json!({"max_results": 3})).await;
    let path = format!("/runs/{}/", run["id"]);
    let (mut one, mut other) = (Tab::open(&app, &path).await, Tab::open(&app, &path).await);
    one.tick(0);
    one.send(&app, &path, "update").await;
    other.tick(1);
    other.send(&app, &path, "create").await;
    let results = app.results(&run, "-time").await;
    let saved: Vec<_> = results.iter().map(|row| !row["target"].is_null()).collect();
    assert_eq!(saved[..2], [true, true]);
    app.get(&path).await.shows("data-selected=\"0\"");
}
