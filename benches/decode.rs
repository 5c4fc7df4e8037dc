//! Decoded packets per second, ours and fastavro's, on one core over the same files in the same run.
//!
//! `TOM_ALERTS_PACKETS`: a folder of Avro files. `TOM_ALERTS_PYTHON`: a Python with fastavro (else `python3`).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use bytes::Bytes;
use tom_alerts::domain::alert::Survey;
use tom_alerts::packets::{decode, schema_text, split_container};

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
    for (what, survey) in [("ZTF with history", Survey::Ztf), ("LSST in wire format", Survey::Lsst)]
    {
        let of_survey: Vec<_> = packets
            .iter()
            .filter(|(known, _)| *known == survey)
            .map(|(_, packet)| packet.clone())
            .collect();
        measure(what, &of_survey, scratch.path());
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
    match fastavro(packets, scratch) {
        Ok(theirs) => {
            println!("fastavro              {theirs:.0} packets/s");
            println!("ratio                 {:.1}", ours / theirs);
        }
        Err(why) => println!("fastavro              not measured: {why}"),
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark has no other configuration")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Least size of a packet of LSST that counts: examples without stamps are smaller.
const LSST_BYTES: usize = 50_000;

/// Every packet below `folder` that decodes, one record each, in the order of the files' names: ZTF's that have a history,
/// and LSST's in Confluent wire format.
fn packets(folder: &Path) -> Vec<(Survey, Bytes)> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    let all = files
        .iter()
        .filter_map(|file| std::fs::read(file).ok())
        .flat_map(|bytes| split_container(bytes.into()))
        .filter_map(Result::ok);
    let wanted = |packet: Bytes| {
        let alert = decode(&packet).ok()?;
        let is_wanted = match alert.survey {
            Survey::Ztf => !alert.history.is_empty(),
            _ => packet.starts_with(&[0]) && packet.len() > LSST_BYTES,
        };
        is_wanted.then_some((alert.survey, packet))
    };
    all.filter_map(wanted).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "avro") {
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

fn fastavro(packets: &[Bytes], scratch: &Path) -> Result<f64, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/decode_fastavro.py");
    let python = variable("TOM_ALERTS_PYTHON").unwrap_or_else(|| "python3".into());
    let mut command = Command::new(python);
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
