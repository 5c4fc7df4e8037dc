//! Each duration of `domain/timing.rs` is read where somebody waits: one that nobody reads says something that is not so.

use crate::tree::{Texts, Tree};

const TIMING: &str = "domain/timing.rs";

/// Durations that no other file reads.
fn unread(programs: &Texts) -> Vec<String> {
    let durations = programs[TIMING].lines().filter_map(|line| {
        let (name, value) = line.trim().split_once(": ")?;
        value.starts_with("Duration::from_").then_some(name)
    });
    let goes_on = |letter: char| letter.is_alphanumeric() || "_(".contains(letter);
    // By its name, or out of a pattern.
    let reads = |text: &str, name: &str| {
        text.split(&format!(".{name}")).skip(1).any(|rest| !rest.starts_with(goes_on))
            || text.split("Timing {").skip(1).any(|rest| {
                let pattern = rest.split('}').next().unwrap_or_default();
                pattern.split(',').any(|part| part.trim() == name)
            })
    };
    let is_read =
        |name: &str| programs.iter().any(|(file, text)| *file != TIMING && reads(text, name));
    durations.filter(|name| !is_read(name)).map(str::to_owned).collect()
}

#[test]
fn every_duration_of_the_services_patience_is_read_by_who_waits() {
    assert_eq!(unread(&Tree::read().programs), Vec::<String>::new());
}

#[test]
fn a_duration_that_nobody_reads_is_found() {
    let mut tree = Tree { programs: Texts::new(), migrations: Texts::new() };
    tree.put(
        TIMING,
        "a: A {\n    pause: Duration::from_secs(1),\n    look: Duration::from_secs(2),\n}",
    );
    for (source, found) in [
        ("wait(timing.pause).await; sleep(timing.look)", vec![]),
        ("wait(timing.pause).await; sleep(timing.look_again)", vec!["look"]),
        ("let ATiming { pause, look, .. } = timing;", vec![]),
        ("let ATiming { pause_, .. } = timing; sleep(look)", vec!["pause", "look"]),
        (
            "wait(timing.pause()).await; #[cfg(test)] fn a() { timing.pause } sleep(timing.look)",
            vec!["pause"],
        ),
    ] {
        tree.put("a.rs", source);
        assert_eq!(unread(&tree.programs), found, "{source}");
    }
}
