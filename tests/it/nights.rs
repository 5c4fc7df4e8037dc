//! Simulated nights for archives, each made once for all tests: drawing the pixels of a night takes longer than most tests.

use std::{
    fs,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use tom_alerts::simulate::{Night, default_night};

/// Writes packets of a simulated night as `.avro` files into a folder; their ids.
pub(crate) fn write_night(folder: &Path, seed: u64, n_packets: usize) -> Vec<(String, i64)> {
    fs::create_dir_all(folder).unwrap();
    let made = made_night(seed, n_packets);
    let mut ids = Vec::new();
    for entry in fs::read_dir(made).unwrap() {
        let file = entry.unwrap();
        let name = file.file_name().into_string().unwrap();
        let (place, rest) = name.split_once('_').unwrap();
        let (object_id, of_packet) = rest.split_once('_').unwrap();
        // Copied, not linked: a test may damage its own.
        fs::copy(file.path(), folder.join(of_packet)).unwrap();
        let candid = of_packet.trim_end_matches(".avro").parse().unwrap();
        ids.push((place.parse::<usize>().unwrap(), object_id.to_owned(), candid));
    }
    ids.sort_unstable();
    ids.into_iter().map(|(_, object_id, candid)| (object_id, candid)).collect()
}

/// A folder with a file `<place in the night>_<objectId>_<candid>.avro` for each packet.
fn made_night(seed: u64, n_packets: usize) -> PathBuf {
    let nights = std::env::temp_dir().join(format!("tom-alerts-nights-{}", built()));
    let made = nights.join(format!("{seed}-{n_packets}"));
    if made.exists() {
        return made;
    }
    fs::create_dir_all(&nights).unwrap();
    let being_made = tempfile::tempdir_in(&nights).unwrap().keep();
    let night = Night { seed, n_packets, ..default_night() };
    for (place, packet) in night.packets().enumerate() {
        let name = format!("{place}_{}_{}.avro", packet.object_id, packet.candid);
        fs::write(being_made.join(name), &packet.bytes).unwrap();
    }
    // Of tests that make it at once one is the first.
    if fs::rename(&being_made, &made).is_err() {
        fs::remove_dir_all(&being_made).unwrap();
    }
    made
}

/// When these tests were built: another simulator may make other nights.
fn built() -> u128 {
    let program = std::env::current_exe().unwrap();
    let modified = program.metadata().unwrap().modified().unwrap();
    modified.duration_since(UNIX_EPOCH).unwrap().as_millis()
}
