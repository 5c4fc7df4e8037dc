//! `--dev`, for who works on the pages: style sheet and script as they are in the folder, and pages that notice changes.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::support::fresh_database;

/// The program, started in a folder; it ends with this value.
struct Dev {
    child: Child,
    base: String,
}

impl Dev {
    async fn start(folder: &Path) -> Self {
        let mut child = command(folder, &fresh_database().await).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let ready = lines.by_ref().find_map(|line| {
            let line = line.unwrap();
            let at = line.find("http://127.0.0.1:")?;
            Some(line[at..].split('/').take(3).collect::<Vec<_>>().join("/"))
        });
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, base: ready.expect("the service did not start") }
    }

    async fn get(&self, path: &str) -> String {
        let answer = reqwest::get(format!("{}{path}", self.base)).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path, database_url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tom-alerts"));
    command
        .args(["--dev", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.join("data"))
        .arg("--archive")
        .arg(folder)
        .env("DATABASE_URL", database_url)
        .env_remove("PITTGOOGLE_OAUTH_CLIENT_ID")
        .current_dir(folder)
        .stderr(Stdio::piped());
    command
}

#[tokio::test]
async fn static_files_are_those_of_the_folder_at_each_moment_and_pages_notice_it() {
    let place = tempfile::tempdir().unwrap();
    let files = place.path().join("static");
    fs::create_dir(&files).unwrap();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("static")).unwrap() {
        let file = entry.unwrap();
        fs::copy(file.path(), files.join(file.file_name())).unwrap();
    }
    let dev = Dev::start(place.path()).await;
    let page = dev.get("/").await;
    assert!(page.contains("/static/dev/app.css") && page.contains("/static/dev/app.js"), "{page}");
    let before = dev.get("/static/dev/changes").await;
    assert_eq!(dev.get("/static/dev/changes").await, before);
    fs::write(files.join("app.css"), "body { color: rebeccapurple }").unwrap();
    assert_eq!(dev.get("/static/dev/app.css").await, "body { color: rebeccapurple }");
    assert_ne!(dev.get("/static/dev/changes").await, before);
    assert!(dev.get("/static/dev/app.js").await.contains("/static/dev/changes"));
}

#[test]
fn it_is_for_the_computer_on_which_somebody_works_alone() {
    let place = tempfile::tempdir().unwrap();
    for what in ["serve", "check-settings"] {
        let ended = Command::new(env!("CARGO_BIN_EXE_tom-alerts"))
            .args([what, "--dev", "--listen", "0.0.0.0:0", "--public-url", "https://obs.example"])
            .args(["--oauth-client-id", "us", "--oauth-client-secret", "s"])
            .arg("--data-dir")
            .arg(place.path())
            .env_clear()
            .env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
            .output()
            .unwrap();
        assert!(!ended.status.success(), "{what}");
        let words = String::from_utf8_lossy(&ended.stderr);
        assert!(words.contains("refusing --dev on 0.0.0.0:0"), "{what}: {words}");
    }
}

#[test]
fn where_there_are_no_static_files_it_says_where_to_start() {
    let place = tempfile::tempdir().unwrap();
    let ended = command(place.path(), "postgres://nobody@127.0.0.1:1/none").output().unwrap();
    assert!(!ended.status.success());
    let words = String::from_utf8_lossy(&ended.stderr);
    assert!(words.contains("start it in a checkout"), "{words}");
}
