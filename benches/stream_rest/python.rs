//! Python's turn: a script that pulls, decodes and acknowledges.

use std::{path::Path, process::Command};

use anyhow::Context;

use crate::{
    setting::{emulator::Emulator, variable},
    streams::{
        publish::{PROJECT, Round},
        turn::Turn,
    },
};

/// Reads a round to its end.
pub(crate) fn read(round: &Round, emulator: &Emulator) -> anyhow::Result<Turn> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/pull_decode_acknowledge.py");
    let python = variable("TOM_ALERTS_PYTHON").unwrap_or_else(|| "python3".into());
    let before = emulator.cpu_seconds()?;
    let output = Command::new(python)
        .arg(script)
        .args([emulator.host(), PROJECT, &round.other_subscription()])
        .arg(round.n_messages.to_string())
        .output()?;
    let used = emulator.cpu_seconds()?.zip(before).map(|(after, before)| after - before);
    let said = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [seconds, cpu_own, peak_kib] = *numbers.as_slice() else {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(anyhow::anyhow!("{}", why.trim())).context("the script failed");
    };
    Ok(Turn {
        seconds,
        cpu_own,
        cpu_database: 0.0,
        cpu_emulator: used,
        peak_mb: peak_kib * 1.024e-3,
    })
}
