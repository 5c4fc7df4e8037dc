//! The archive backend: folders, nights in tarballs, uploads, damage.

use std::{io::Write, time::Duration};

use flate2::{Compression, write::GzEncoder};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tom_alerts::{
    domain::alert::Measurement,
    packets,
    simulate::{self, Night},
};

use crate::{
    support::{Answer, TestApp},
    timing,
};

fn stored(run: &Value) -> (u64, u64) {
    (run["counts"]["stored"].as_u64().unwrap(), run["counts"]["unreadable"].as_u64().unwrap())
}

fn night(n_packets: usize) -> Night {
    Night { seed: 4, n_packets, ..simulate::default_night() }
}

async fn upload(app: &TestApp, name: &str, bytes: Vec<u8>) -> Answer {
    let form = Form::new().part("files", Part::bytes(bytes).file_name(name.to_owned()));
    let request = app
        .http
        .post(format!("{}/alerts/archive/upload/", app.base))
        .header("sec-fetch-site", "same-origin");
    app.send(request.multipart(form)).await
}

#[tokio::test]
async fn a_night_in_a_tarball_is_read_as_its_files_are() {
    let app = TestApp::start_empty().await;
    simulate::write_tar_gz(&night(25), &app.archive.join("ztf_public_20260912.tar.gz")).unwrap();
    let run = app.run(json!({})).await;
    assert_eq!(stored(&run), (25, 0), "{run}");
    let one =
        app.run(json!({"folder": "night/ztf_public_20260912.tar.gz", "max_results": 5})).await;
    assert_eq!(stored(&one), (5, 0));
}

#[tokio::test]
async fn a_tarball_that_breaks_off_gives_what_came_before_and_says_so() {
    let app = TestApp::start_empty().await;
    let whole = app.archive.join("whole.tgz");
    simulate::write_tar_gz(&night(25), &whole).unwrap();
    let bytes = std::fs::read(&whole).unwrap();
    std::fs::remove_file(&whole).unwrap();
    std::fs::write(app.archive.join("broken.tar.gz"), &bytes[..bytes.len() / 2]).unwrap();
    std::fs::write(app.archive.join("junk.tar.gz"), b"no gzip at all").unwrap();
    let run = app.run(json!({})).await;
    assert_eq!(run["state"], "failed");
    let (n_stored, n_unreadable) = stored(&run);
    let feedback = run["feedback"].as_str().unwrap();
    assert!(
        feedback.contains(&format!("broken.tar.gz breaks off after {n_stored} packets")),
        "{feedback}"
    );
    assert!(feedback.contains("junk.tar.gz cannot be read: invalid gzip header"), "{feedback}");
    assert!((5..25).contains(&n_stored), "{run}");
    assert_eq!(n_unreadable, 2);
    app.get(&format!("/runs/{}/unreadable/", run["id"]))
        .await
        .shows("the archive is damaged after")
        .shows("junk.tar.gz");
}

#[tokio::test]
async fn members_that_are_too_large_or_no_packets_do_not_stop_a_night() {
    let app = TestApp::start_empty().await;
    let file = std::fs::File::create(app.archive.join("odd.tar.gz")).unwrap();
    let mut tarball = tar::Builder::new(GzEncoder::new(file, Compression::fast()));
    let mut add = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tarball.append_data(&mut header, name, bytes).unwrap();
    };
    add("huge.avro", &vec![0; 12 << 20]);
    add("readme.txt", b"hello");
    add(&format!("{}/packet.avro", "long".repeat(60)), &night(1).packets().next().unwrap().bytes);
    tarball.into_inner().unwrap().finish().unwrap().flush().unwrap();
    let run = app.run(json!({})).await;
    assert_eq!(stored(&run), (1, 1), "{run}");
    let log = run["log"].to_string();
    assert!(log.contains("skipped 1 member not ending in .avro"), "{log}");
}

#[tokio::test]
async fn uploads_become_archives_and_odd_ones_are_refused() {
    let app = TestApp::start_empty().await;
    let packet = night(1).packets().next().unwrap();
    let answer = upload(&app, "../../one.avro", packet.bytes.clone()).await.expect(303);
    app.get(answer.location())
        .await
        .expect(200)
        .shows("Upload complete.")
        .shows("uploads/one.avro");
    upload(&app, "one.avro", packet.bytes).await.expect(303);
    let run = app.run(json!({"folder": "uploads"})).await;
    assert_eq!((&run["counts"]["stored"], &run["counts"]["duplicates"]), (&json!(1), &json!(1)));
    let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
    zipped.write_all(&night(2).packets().nth(1).unwrap().bytes).unwrap();
    upload(&app, "one.avro.gz", zipped.finish().unwrap()).await.expect(303);
    let run = app.run(json!({"folder": "uploads/one.avro.gz"})).await;
    assert_eq!((stored(&run), &run["state"]), ((1, 0), &json!("finished")), "{run}");
    for name in ["virus.exe", "a.gz", ".avro.gz", "", ".avro", "..", "a.avro.sh"] {
        let refused = upload(&app, name, b"x".to_vec()).await.expect(422);
        let why = if name.is_empty() {
            "Choose at least one file."
        } else {
            "is not a .avro, .avro.gz or .tar.gz file."
        };
        refused.shows(why).shows("id_files-errors").shows("Upload packets");
    }
    let empty = app
        .http
        .post(format!("{}/alerts/archive/upload/", app.base))
        .header("sec-fetch-site", "same-origin");
    // Not even the end of a form.
    app.send(empty.multipart(Form::new())).await.expect(400);
    app.post("/alerts/archive/upload/", &[("files", "x")]).await.expect(400);
}

#[tokio::test]
async fn the_packet_and_every_field_of_it_can_be_had() {
    let app = TestApp::start_empty().await;
    let packet = night(1).packets().next().unwrap();
    std::fs::write(app.archive.join("one.avro"), &packet.bytes).unwrap();
    app.run(json!({})).await;
    let home = format!("/alerts/ztf/{}/", packet.candid);
    let download = app.http.get(format!("{}{home}packet/", app.base)).send().await.unwrap();
    assert_eq!(
        download.bytes().await.unwrap(),
        packet.bytes,
        "the packet must come back as it was"
    );
    let fields = app.get(&format!("{home}json/")).await.expect(200).json();
    assert_eq!(fields["objectId"], json!(packet.object_id));
    assert_eq!(fields["candidate"]["jd"], json!(packet.jd));
    assert!(fields["cutoutScience"]["stampData"]["bytes"].as_u64().unwrap() > 1000);
    app.get(&home).await.expect(200).shows("magzpsci").shows("Light curve of").shows("this alert");
}

#[tokio::test]
async fn upper_limits_that_no_exposure_can_have_are_counted_beside_the_history() {
    let app = TestApp::start_empty().await;
    // The first alert with limits before it; one of them is made impossible, in place.
    let (packet, limit) = simulate::Night { n_packets: 200, ..night(1) }
        .packets()
        .find_map(|packet| {
            let alert = packets::decode(&packet.bytes.clone().into()).unwrap();
            let limit = alert.history.iter().find_map(|point| match point.measurement {
                Measurement::Limit { mag } => Some(mag),
                _ => None,
            });
            limit.map(|limit| (packet, limit))
        })
        .expect("an alert with a limit");
    #[expect(clippy::cast_possible_truncation, reason = "the packet has it in single precision")]
    let before = (limit as f32).to_le_bytes();
    let mut bytes = packet.bytes.clone();
    let places: Vec<_> = (0..bytes.len() - 4).filter(|at| bytes[*at..*at + 4] == before).collect();
    for at in &places {
        bytes[*at..*at + 4].copy_from_slice(&57.75_f32.to_le_bytes());
    }
    std::fs::write(app.archive.join("one.avro"), &bytes).unwrap();
    app.run(json!({})).await;
    let page = app.get(&format!("/alerts/ztf/{}/", packet.candid)).await.expect(200);
    // The same number may stand among the forced photometry, whose limits are not of the history.
    page.shows(" left out").shows("impossible limit").hides("57.75");
}

#[tokio::test]
async fn real_packets_make_an_archive_when_they_are_there() {
    #[expect(clippy::disallowed_methods, reason = "tests/run says where real packets are")]
    let Ok(packets) = std::env::var("TOM_ALERTS_PACKETS") else { return };
    let app = TestApp::start_empty().await;
    for file in ["ZTF17aaarzyp", "ZTF18abfkwnk"] {
        let found = std::fs::read_dir(format!("{packets}/pittgoogle-client"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "avro"));
        for path in found {
            let _ = file;
            std::fs::copy(&path, app.archive.join(path.file_name().unwrap())).unwrap();
        }
    }
    let run = app.run(json!({})).await;
    let rows = app.results(&run, "name").await;
    let row = |name: &str| {
        rows.iter()
            .find(|row| row["object_id"] == json!(name))
            .unwrap_or_else(|| panic!("{name} is not in {run}"))
            .clone()
    };
    let new = row("ZTF17aaarzyp");
    assert_eq!(new["source_id"], "2982177112815010003");
    assert_eq!((&new["band"], &new["is_positive"]), (&json!("r"), &json!(false)));
    assert!(
        (new["mag"].as_f64().unwrap() - 15.8836).abs() < 1e-4
            && (new["score"].as_f64().unwrap() - 0.997).abs() < 1e-4
    );
    assert!(new["timestamp"].as_str().unwrap().starts_with("2025-03-02T04:15:03"));
    let old = row("ZTF18abfkwnk");
    assert_eq!(old["source_id"], "2188216843315010016");
    assert!((old["ra"].as_f64().unwrap() - 24.561_447_3).abs() < 1e-7);
}

#[tokio::test]
async fn an_upload_may_take_as_long_as_is_set_and_longer_than_other_requests() {
    let (short, long) = (Duration::from_millis(50), Duration::from_hours(1));
    let file = "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.avro\"\r\n\r\npacket\r\n--x--\r\n";
    for (upload, request, expected) in [(short, long, "503"), (long, short, "303")] {
        let mut timing = timing::short();
        (timing.web.upload, timing.web.request) = (upload, request);
        let app = TestApp::start_timed(&timing).await;
        let host = app.base.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).await.unwrap();
        let head = format!(
            "POST /alerts/archive/upload/ HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Site: same-origin\r\n\
             Connection: close\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: {}\r\n\r\n",
            file.len()
        );
        let (first, rest) = file.split_at(9);
        stream.write_all((head + first).as_bytes()).await.unwrap();
        if upload > request {
            tokio::time::sleep(request * 10).await;
            stream.write_all(rest.as_bytes()).await.unwrap();
        }
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        tokio::time::timeout(Duration::from_secs(20), read).await.expect("no answer").unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{answer}");
    }
}
