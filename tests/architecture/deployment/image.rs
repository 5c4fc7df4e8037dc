//! The image: what it is made of, as whom the program runs in it, and how its health is asked for.

use std::{collections::BTreeSet, fs};

use crate::tree::root;

/// An instruction of a Dockerfile with what follows it.
type Step = (String, String);

/// The stages of a Dockerfile, each with its steps, `FROM` included.
fn stages(dockerfile: &str) -> Vec<Vec<Step>> {
    let lines = dockerfile.lines().filter(|line| !line.trim_start().starts_with('#'));
    let text = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    let mut stages: Vec<Vec<Step>> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (instruction, rest) = line.trim().split_once(' ').unwrap();
        if instruction == "FROM" {
            stages.push(Vec::new());
        }
        let rest = rest.split_whitespace().collect::<Vec<_>>().join(" ");
        stages.last_mut().unwrap().push((instruction.to_owned(), rest));
    }
    stages
}

/// Programs that make programs.
const COMPILERS: [&str; 12] = [
    "rust",
    "rustc",
    "rustup",
    "cargo",
    "gcc",
    "g++",
    "cc",
    "clang",
    "build-essential",
    "make",
    "cmake",
    "golang",
];

/// What is wrong with the image: the last stage, and what it takes from the one before.
fn complaints(dockerfile: &str, subcommands: &BTreeSet<String>) -> Vec<String> {
    let stages = stages(dockerfile);
    let image = stages.last().unwrap();
    let said = |wanted: &str| {
        let steps = image.iter().enumerate();
        steps
            .filter(|(_, (it, _))| it == wanted)
            .map(|(at, (_, rest))| (at, rest.as_str()))
            .collect::<Vec<_>>()
    };
    let mut complaints = Vec::new();
    let base = &image[0].1;
    if !base.ends_with("-slim") || base.contains("rust") || base.contains(" AS ") {
        complaints.push(format!("its base is {base}"));
    }
    for (_, rest) in said("RUN") {
        let words = rest.split(|c: char| !(c.is_alphanumeric() || "-+_".contains(c)));
        complaints.extend(
            words.filter(|it| COMPILERS.contains(it)).map(|it| format!("it has a compiler: {it}")),
        );
    }
    let copies = said("COPY");
    let taken = copies.iter().map(|(_, rest)| *rest);
    if taken.clone().any(|it| !it.starts_with("--from=builder /build/") || it.contains("target")) {
        complaints.push(format!("it takes {:?}", taken.collect::<Vec<_>>()));
    }
    let last_run = said("RUN").last().map_or(0, |(at, _)| *at);
    match said("USER").last() {
        Some((at, user)) if *at > last_run && user.parse().is_ok_and(|uid: u32| uid > 0) => {}
        user => complaints.push(format!("it runs as {user:?}")),
    }
    let health = said("HEALTHCHECK").last().and_then(|(_, rest)| rest.split_once("CMD "));
    let program = said("ENTRYPOINT").last().map(|(_, rest)| rest.trim_matches(['[', ']', '"']));
    let asks: Option<Vec<&str>> =
        health.map(|(_, command)| command.trim_matches(['[', ']']).split(", ").collect());
    match asks.as_deref() {
        Some([asked, subcommand])
            if program == Some(asked.trim_matches('"'))
                && subcommands.contains(subcommand.trim_matches('"')) => {}
        health => complaints.push(format!("its health is asked by {health:?}")),
    }
    complaints
}

/// Subcommands of the program, as they are typed.
fn subcommands() -> BTreeSet<String> {
    let config = fs::read_to_string(root().join("src/config.rs")).unwrap();
    let (_, rest) = config.split_once("pub enum Command {\n").unwrap();
    let body = rest.split("\n}\n").next().unwrap();
    let variants = body.lines().filter_map(|line| line.strip_prefix("    "));
    let names = variants.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    names
        .map(|line| {
            let name = line.split(|c: char| !c.is_alphanumeric()).next().unwrap();
            let mut typed = String::new();
            for (at, c) in name.char_indices() {
                if at > 0 && c.is_uppercase() {
                    typed.push('-');
                }
                typed.extend(c.to_lowercase());
            }
            typed
        })
        .collect()
}

fn dockerfile() -> String {
    fs::read_to_string(root().join("Dockerfile")).unwrap()
}

#[test]
fn the_image_has_no_compiler_no_root_and_a_health_check() {
    assert!(subcommands().contains("healthcheck") && subcommands().contains("check-settings"));
    assert_eq!(complaints(&dockerfile(), &subcommands()), Vec::<String>::new());
    for (from, to, complaint) in [
        ("FROM debian:bookworm-slim", "FROM rust:1-bookworm", "its base is"),
        ("FROM debian:bookworm-slim", "FROM debian:bookworm", "its base is"),
        ("FROM debian:bookworm-slim", "FROM builder", "its base is"),
        ("recommends ca-certificates", "recommends ca-certificates gcc", "it has a compiler: gcc"),
        ("ca-certificates \\", "\\\n build-essential \\", "it has a compiler: build-essential"),
        ("/build/tom-alerts ", "/usr/local/cargo ", "it takes"),
        ("/build/tom-alerts ", "/build/target/release ", "it takes"),
        ("USER 10001\n", "", "it runs as None"),
        ("USER 10001\n", "USER 0\n", "it runs as"),
        ("USER 10001\n", "USER root\n", "it runs as"),
        ("USER 10001\n", "USER 10001\nRUN true\n", "it runs as"),
        ("USER 10001\n", "USER 10001\nUSER 0\n", "it runs as"),
        ("\"healthcheck\"", "\"health\"", "its health is asked by"),
        ("CMD [\"tom-alerts\"", "CMD [\"curl\"", "its health is asked by"),
        ("HEALTHCHECK", "LABEL", "its health is asked by"),
    ] {
        let seeded = dockerfile().replacen(from, to, 1);
        assert_ne!(seeded, dockerfile(), "{from}");
        let found = complaints(&seeded, &subcommands());
        assert!(found.len() == 1 && found[0].starts_with(complaint), "{to}: {found:?}");
    }
}

#[test]
fn the_builder_names_no_file_that_the_manifest_may_name() {
    let dockerfile = dockerfile();
    let stages = stages(&dockerfile);
    let builder = stages.first().unwrap();
    assert!(builder.contains(&("COPY".to_owned(), ". .".to_owned())), "it is given all at once");
    assert!(!dockerfile.contains("benches"), "a list of targets beside the manifest's");
}
