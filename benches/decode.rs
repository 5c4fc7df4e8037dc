//! Decoded packets per second, ours and Python's (fastavro; json), on one core over the same files in the same run.
//!
//! `TOM_ALERTS_PACKETS`: a folder of Avro files and of answers to pulls of Pub/Sub (`….pull.json`). `TOM_ALERTS_PYTHON`: a Python with fastavro (else `python3`).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use tom_alerts::domain::alert::Survey;
use tom_alerts::packets::{decode, schema_text, split_container};

const ZTF: &str = "ZTF with history";
const LSST: &str = "LSST in wire format";
const LSST_JSON: &str = "LSST in JSON with stamps";
const ZTF_JSON: &str = "ZTF in JSON with few fields";

/// Rounds over all packets; the best one counts.
const ROUNDS: usize = 40;

#[expect(clippy::print_stdout, reason = "a benchmark's figures are its output")]
fn main() {
    let Some(folder) = variable("TOM_ALERTS_PACKETS") else {
        println!("decode: skipped, TOM_ALERTS_PACKETS is not set");
        return;
    };
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let packets = packets(Path::new(&folder));
    for what in [ZTF, LSST, LSST_JSON, ZTF_JSON] {
        let of_kind: Vec<_> = packets
            .iter()
            .filter(|(known, _)| *known == what)
            .map(|(_, packet)| packet.clone())
            .collect();
        measure(what, &of_kind, scratch.path());
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark's figures are its output")]
fn measure(what: &str, packets: &[Bytes], scratch: &Path) {
    let bytes: usize = packets.iter().map(Bytes::len).sum();
    let count = f64::from(u32::try_from(packets.len()).expect("few packets"));
    println!(
        "{what}: {} packets of {} bytes on average",
        packets.len(),
        bytes / packets.len().max(1)
    );
    let ours = count / best_round(packets);
    println!("tom-alerts            {ours:.0} packets/s");
    match python(packets, scratch) {
        Ok(theirs) => {
            println!("Python                {theirs:.0} packets/s");
            println!("ratio                 {:.1}", ours / theirs);
        }
        Err(why) => println!("Python                not measured: {why}"),
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark has no other configuration")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Least size of a packet of LSST that counts: examples without stamps are smaller.
const LSST_BYTES: usize = 50_000;

/// Every packet below `folder` that decodes, one record each, in the order of the files' names: ZTF's that have a history,
/// LSST's in Confluent wire format, and those in JSON.
fn packets(folder: &Path) -> Vec<(&'static str, Bytes)> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    let all = files.iter().flat_map(|file| {
        let bytes = std::fs::read(file).unwrap_or_default();
        if file.extension().is_some_and(|extension| extension == "json") {
            pulled(&bytes)
        } else {
            split_container(bytes.into()).filter_map(Result::ok).collect()
        }
    });
    let wanted = |packet: Bytes| {
        let alert = decode(&packet).ok()?;
        let is_json = packet.starts_with(b"{");
        let is_large = packet.len() > LSST_BYTES;
        let kind = match alert.survey {
            Survey::Ztf if is_json => ZTF_JSON,
            Survey::Ztf if !alert.history.is_empty() => ZTF,
            Survey::Lsst if is_json && is_large => LSST_JSON,
            Survey::Lsst if packet.starts_with(&[0]) && is_large => LSST,
            _ => return None,
        };
        Some((kind, packet))
    };
    all.filter_map(wanted).collect()
}

/// The messages in JSON of an answer to a pull.
fn pulled(answer: &[u8]) -> Vec<Bytes> {
    let answer: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
    let received = answer["receivedMessages"].as_array().cloned().unwrap_or_default();
    let data = received.iter().filter_map(|received| received["message"]["data"].as_str());
    let messages = data.filter_map(|data| STANDARD.decode(data).ok());
    messages.filter(|message| message.starts_with(b"{")).map(Bytes::from).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "avro" || ending == "json") {
            files.push(path);
        }
    }
}

fn best_round(packets: &[Bytes]) -> f64 {
    (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            for packet in packets {
                std::hint::black_box(decode(packet).expect("it decoded before"));
            }
            began.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}

fn python(packets: &[Bytes], scratch: &Path) -> Result<f64, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/decode_fastavro.py");
    let program = variable("TOM_ALERTS_PYTHON").unwrap_or_else(|| "python3".into());
    let mut command = Command::new(program);
    command.arg(script);
    for (id, name) in [(701, "lsst.v7_1"), (900, "lsst.v9_0"), (1000, "lsst.v10_0")] {
        let file = scratch.join(format!("{id}.avsc"));
        let text = schema_text(name).ok_or("no such schema")?;
        std::fs::write(&file, text).map_err(|error| error.to_string())?;
        command.arg("--schema").arg(format!("{id}={}", file.display()));
    }
    for (index, packet) in packets.iter().enumerate() {
        let file = scratch.join(format!("{index}.avro"));
        std::fs::write(&file, packet).map_err(|error| error.to_string())?;
        command.arg(file);
    }
    let output = command.output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
