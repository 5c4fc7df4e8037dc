//! The program itself: started, killed and started again; what was saved is still there.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread::JoinHandle,
    time::Duration,
};

use reqwest::Client;
use serde_json::{Value, json};

use crate::support::{IDLE, write_night};

/// A running program that is killed when the test ends.
struct Service {
    child: Child,
    base: String,
    http: Client,
    /// What its log says once it is ready.
    log: Option<JoinHandle<Vec<String>>>,
}

impl Service {
    /// On embedded defaults, as at a first start; `archives` are in place of the simulated night, which takes its time.
    fn spawn(data_dir: &Path, archives: &[&Path]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_tom-alerts"))
            .args(["--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data_dir)
            .args(
                archives.iter().flat_map(|archive| [OsStr::new("--archive"), archive.as_os_str()]),
            )
            .env_remove("DATABASE_URL")
            .env_remove("TOM_ALERTS_ARCHIVES")
            .env_remove("PITTGOOGLE_OAUTH_CLIENT_ID")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn start(data_dir: &Path, archives: &[&Path]) -> Self {
        let mut child = Self::spawn(data_dir, archives);
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let base = lines
            .by_ref()
            .find_map(|line| {
                let line = line.unwrap();
                let at = line.find("http://127.0.0.1:")?;
                Some(line[at..].split('/').take(3).collect::<Vec<_>>().join("/"))
            })
            .expect("the service did not start");
        // Somebody must read on, or the service blocks on a full pipe.
        let log = Some(std::thread::spawn(move || lines.map_while(Result::ok).collect()));
        let http = Client::builder().pool_idle_timeout(IDLE).build().unwrap();
        Self { child, base, http, log }
    }

    /// Stops it as an administrator does; what its log says from then on.
    fn stop(mut self) -> Vec<String> {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
        let log = self.log.take().unwrap().join().unwrap();
        log.into_iter().skip_while(|line| !line.contains("Stopping")).collect()
    }

    async fn get(&self, path: &str) -> Value {
        self.http.get(format!("{}{path}", self.base)).send().await.unwrap().json().await.unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        self.http
            .post(format!("{}{path}", self.base))
            .json(body)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    async fn wait_for_run(&self, id: &Value) -> Value {
        for _ in 0..1_200 {
            let run = self.get(&format!("/api/runs/{id}/")).await;
            if !matches!(run["state"].as_str(), Some("queued" | "running")) {
                return run;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("run {id} does not end");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        for _ in 0..150 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder that the owner of a private `PostgreSQL` can reach, whoever runs the test.
fn data_dir() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[tokio::test]
async fn three_targets_of_the_simulated_night_survive_kill_9() {
    let place = data_dir();
    let mut service = Service::start(place.path(), &[]);
    let parameters = json!({"folder": "simulated-night", "rb_min": 0.65, "max_results": 30});
    let started =
        service.post("/api/runs/", &json!({"broker": "archive", "parameters": parameters})).await;
    let run = service.wait_for_run(&started["id"]).await;
    assert_eq!((&run["state"], &run["counts"]["stored"]), (&json!("finished"), &json!(30)));
    let rows =
        service.get(&format!("/api/runs/{}/alerts/?order=mag", run["id"])).await["results"].clone();
    let ids: Vec<Value> =
        rows.as_array().unwrap().iter().take(3).map(|row| row["id"].clone()).collect();
    let saved =
        service.post(&format!("/api/runs/{}/targets/", run["id"]), &json!({"alerts": ids})).await;
    assert_eq!(saved["created"].as_array().unwrap().len(), 3);
    // A run that is going on when the power fails.
    let live = service
        .post(
            "/api/runs/",
            &json!({"broker": "archive", "parameters": {"folder": "simulated-night"}}),
        )
        .await;
    service.child.kill().unwrap();
    service.child.wait().unwrap();

    let again = Service::start(place.path(), &[]);
    assert_eq!(again.get("/api/targets/").await["count"], 3);
    assert_eq!(again.get(&format!("/api/runs/{}/alerts/", run["id"])).await["count"], 30);
    let ended = again.get(&format!("/api/runs/{}/", live["id"])).await;
    assert!(matches!(ended["state"].as_str(), Some("interrupted" | "finished")), "{ended}");
    assert_eq!(
        ended["counts"]["stored"],
        again.get(&format!("/api/runs/{}/alerts/", live["id"])).await["count"]
    );
}

#[tokio::test]
async fn a_second_service_on_the_same_folder_says_so_and_exits() {
    let place = data_dir();
    let first = Service::start(place.path(), &[place.path()]);
    let second = Service::spawn(place.path(), &[place.path()]).wait_with_output().unwrap();
    assert!(!second.status.success());
    let words = String::from_utf8_lossy(&second.stderr);
    assert!(words.contains(&first.child.id().to_string()) && words.contains("is using"), "{words}");
    first.get("/api/runs/").await;
}

#[test]
fn a_service_whose_log_nobody_reads_any_more_stops_when_it_is_told_to() {
    let place = data_dir();
    let mut child = Service::spawn(place.path(), &[place.path()]);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.by_ref().any(|line| line.unwrap().contains("Ready: open")));
    drop(lines);
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    for _ in 0..600 {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("it does not stop");
}

#[tokio::test]
async fn the_log_of_a_stop_in_good_order_has_no_warning() {
    let place = data_dir();
    let archive = place.path().join("night");
    write_night(&archive, 1, 3);
    let service = Service::start(place.path(), &[&archive]);
    let body = json!({"broker": "archive", "parameters": {"folder": "night"}});
    let run = service.post("/api/runs/", &body).await;
    service.wait_for_run(&run["id"]).await;
    // Whoever looks at a run has the service listen for news.
    let events = format!("{}/runs/{}/events/", service.base, run["id"]);
    let told = service.http.get(events).send().await.unwrap().text().await.unwrap();
    assert!(told.contains("Read to the end"), "{told}");
    let log = service.stop();
    assert!(!log.is_empty(), "the log is a log");
    assert!(!log.iter().any(|line| line.contains(" WARN ")), "{log:#?}");
}

#[test]
fn a_start_on_tables_that_are_there_has_no_news_of_them() {
    let place = data_dir();
    for _ in 0..2 {
        let mut child = Service::spawn(place.path(), &[place.path()]);
        let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let log: Vec<_> = lines.take_while(|line| !line.contains("Ready: open")).collect();
        Command::new("kill").arg(child.id().to_string()).status().unwrap();
        child.wait().unwrap();
        assert!(!log.iter().any(|line| line.contains("already exists")), "{log:?}");
    }
}

#[test]
fn an_address_that_others_can_reach_is_refused_while_there_is_no_sign_in() {
    let place = data_dir();
    let output = Command::new(env!("CARGO_BIN_EXE_tom-alerts"))
        .args(["--listen", "0.0.0.0:0", "--data-dir"])
        .arg(place.path())
        .env_remove("DATABASE_URL")
        .env_remove("PITTGOOGLE_OAUTH_CLIENT_ID")
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("refusing to listen on 0.0.0.0"));
}
