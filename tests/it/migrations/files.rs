//! The rule of migrations: files `NNNN_words.sql`, numbers without gaps, rows of before for each one after the first.

use std::{fs, path::Path};

use tom_alerts::storage::MIGRATOR;

use super::rows::CROSSINGS;

/// The first thing that is wrong with these files of migrations, where those with rows of before have these numbers.
fn fault(files: &[&str], with_rows: &[i64]) -> Option<String> {
    let mut files = files.to_vec();
    files.sort_unstable();
    for (number, file) in (1..).zip(&files) {
        let Some(found) = number_of(file) else {
            return Some(format!("migrations/{file} is not named like 0002_more_words.sql"));
        };
        if found != number {
            return Some(format!("migrations/{file} comes where {number:04} is expected"));
        }
        if number > 1 && !with_rows.contains(&number) {
            return Some(format!(
                "migrations/{file} has no entry in CROSSINGS: give it rows of before (tests/it/migrations/rows.rs)"
            ));
        }
    }
    let expected = 2..=i64::try_from(files.len()).unwrap();
    (!with_rows.iter().copied().eq(expected)).then(|| {
        format!("the entries in CROSSINGS are {with_rows:?}, not one each for the migrations after the first")
    })
}

/// The number of a file named `NNNN_words.sql`.
fn number_of(file: &str) -> Option<i64> {
    let (number, words) = file.strip_suffix(".sql")?.split_once('_')?;
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    let is_number = number.len() == 4 && number.chars().all(|c| c.is_ascii_digit());
    (is_number && words.split('_').all(is_word)).then(|| number.parse().ok())?
}

fn files_of_folder() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).collect()
}

#[test]
fn numbers_have_no_gaps_and_each_migration_after_the_first_has_rows_of_before() {
    let files = files_of_folder();
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    let with_rows: Vec<i64> = CROSSINGS.iter().map(|crossing| crossing.version).collect();
    assert_eq!(fault(&names, &with_rows), None);
}

/// Cargo does not see that a file was added to the folder.
#[test]
fn the_program_holds_each_migration_of_the_folder() {
    let mut numbers: Vec<_> = files_of_folder().iter().map(|name| number_of(name)).collect();
    numbers.sort_unstable();
    let held: Vec<_> = MIGRATOR.iter().map(|migration| Some(migration.version)).collect();
    assert_eq!(held, numbers, "run `touch src/storage/migrations.rs` and build again");
}

#[test]
fn a_migration_without_rows_of_before_is_found_out() {
    assert_eq!(fault(&["0001_first.sql"], &[]), None);
    assert_eq!(fault(&["0002_x.sql", "0001_first.sql"], &[2]), None);
    let found = fault(&["0001_first.sql", "0002_x.sql"], &[]).unwrap();
    assert!(found.contains("0002_x.sql has no entry in CROSSINGS"), "{found}");
    let found = fault(&["0001_first.sql", "0002_x.sql", "0003_y.sql"], &[2]).unwrap();
    assert!(found.contains("0003_y.sql has no entry in CROSSINGS"), "{found}");
}

#[test]
fn an_entry_of_no_migration_or_out_of_order_is_found_out() {
    assert!(fault(&["0001_first.sql"], &[2]).is_some());
    assert!(fault(&["0001_first.sql", "0002_x.sql"], &[2, 2]).is_some());
    assert!(fault(&["0001_first.sql", "0002_x.sql", "0003_y.sql"], &[3, 2]).is_some());
}

#[test]
fn gaps_and_other_names_are_found_out() {
    for files in [
        ["0001_first.sql", "0003_x.sql"],
        ["0000_none.sql", "0001_first.sql"],
        ["0002_x.sql", "0003_y.sql"],
        ["0001_first.sql", "0001_again.sql"],
    ] {
        let found = fault(&files, &[2, 3]).unwrap();
        assert!(found.contains("is expected"), "{files:?}: {found}");
    }
    for name in [
        "0002.sql",
        "0002_.sql",
        "002_x.sql",
        "0002_X.sql",
        "0002_x-y.sql",
        "0002_x.up.sql",
        "+002_x.sql",
        "x",
    ] {
        let found = fault(&["0001_first.sql", name], &[2]).unwrap();
        assert!(found.contains("is not named like"), "{name}: {found}");
    }
}
