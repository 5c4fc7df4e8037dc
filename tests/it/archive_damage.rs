//! Archives as they come from a broken download or from other hands: cut, damaged, appended to, in gzip, among other files.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use tom_alerts::simulate::{self, Night};

use crate::support::TestApp;

/// So many packets with the names of their files; the same each time.
fn packets(n_packets: usize) -> Vec<(String, Vec<u8>)> {
    let night = Night { seed: 4, n_packets, ..simulate::default_night() };
    night.packets().map(|packet| (format!("{}.avro", packet.candid), packet.bytes)).collect()
}

fn tar(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut member = GzEncoder::new(Vec::new(), Compression::fast());
    member.write_all(bytes).unwrap();
    member.finish().unwrap()
}

/// What a run of an archive with these files came to.
async fn run_of(files: &[(&str, Vec<u8>)]) -> Value {
    let app = TestApp::start_empty().await;
    for (name, bytes) in files {
        std::fs::write(app.archive.join(name), bytes).unwrap();
    }
    app.run(json!({})).await
}

fn n(run: &Value, name: &str) -> u64 {
    run["counts"][name].as_u64().unwrap()
}

fn feedback(run: &Value) -> &str {
    run["feedback"].as_str().unwrap()
}

/// The tar's bytes up to a place within a member, or its end.
fn end_of(members: &[(String, Vec<u8>)]) -> usize {
    tar(members).len() - 1_024
}

#[tokio::test]
async fn an_archive_that_breaks_off_makes_the_run_fail_and_says_after_which_packet() {
    let members = packets(6);
    let whole = tar(&members);
    let end_of_third = end_of(&members[..3]);
    let third = format!("after 3 packets, the last of them {}: ", members[2].0);
    let sixth = format!("after 6 packets, the last of them {}: ", members[5].0);
    let zipped = gzip(&whole);
    let mut wrong_sum = zipped.clone();
    let sum = wrong_sum.len() - 8;
    wrong_sum[sum] ^= 1;
    let appended = [&zipped[..], &gzip(&whole)[..100]].concat();
    for (name, bytes, n_stored, told) in [
        ("in.tar", whole[..end_of_third + 9_000].to_vec(), 3, format!("in.tar breaks off {third}")),
        (
            "head.tar",
            whole[..end_of_third + 100].to_vec(),
            3,
            format!("head.tar breaks off {third}"),
        ),
        (
            "between.tar",
            whole[..end_of_third].to_vec(),
            3,
            format!("between.tar breaks off {third}"),
        ),
        ("between.tgz", gzip(&whole[..end_of_third]), 3, format!("between.tgz breaks off {third}")),
        ("sum.tar.gz", wrong_sum, 6, format!("sum.tar.gz is damaged {sixth}")),
        (
            "trailer.tar.gz",
            zipped[..zipped.len() - 4].to_vec(),
            6,
            format!("trailer.tar.gz breaks off {sixth}"),
        ),
        ("appended.tar.gz", appended, 6, format!("appended.tar.gz breaks off {sixth}")),
        (
            "behind.tar.gz",
            [&zipped[..], b"this is no gzip"].concat(),
            6,
            format!("behind.tar.gz is damaged {sixth}"),
        ),
        (
            "behind.tar",
            [&whole[..], &[7; 2_000]].concat(),
            6,
            format!("behind.tar is damaged {sixth}"),
        ),
        ("empty.tar", Vec::new(), 0, "empty.tar cannot be read: ".to_owned()),
        ("empty.tar.gz", Vec::new(), 0, "empty.tar.gz cannot be read: ".to_owned()),
    ] {
        let run = run_of(&[(name, bytes)]).await;
        assert_eq!(
            (&run["state"], n(&run, "stored")),
            (&json!("failed"), n_stored),
            "{name}: {run}"
        );
        let feedback = feedback(&run);
        assert!(feedback.contains(&told), "{told} in {feedback}");
        assert!(
            feedback.contains("put a whole copy in its place and run the query again"),
            "{feedback}"
        );
        assert!(feedback.ends_with("Results so far are kept."), "{feedback}");
        assert_eq!(n(&run, "unreadable"), 1, "the damage itself, and no half packet: {run}");
    }
}

/// A container of the packets of several, in a block for each.
fn in_one(packets: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut marker = Vec::new();
    for (_, packet) in packets {
        let (before, own_marker) = packet.split_at(packet.len() - 16);
        let end = before.windows(16).position(|window| window == own_marker).unwrap() + 16;
        if marker.is_empty() {
            marker = own_marker.to_vec();
            file.extend(&before[..end]);
        }
        file.extend([&before[end..], &marker].concat());
    }
    file
}

#[tokio::test]
async fn a_file_of_several_packets_that_breaks_off_makes_the_run_fail_as_well() {
    let members = packets(4);
    let whole = in_one(&members);
    let end_of_second = in_one(&members[..2]).len();
    let run = run_of(&[("many.avro", whole.clone())]).await;
    assert_eq!(feedback(&run), "Read to the end: 4 packets.", "{run}");
    let cut = whole[..end_of_second + 9_000].to_vec();
    let zipped = gzip(&whole);
    let mut damaged = whole;
    damaged[in_one(&members[..3]).len() - 1] ^= 1;
    for (name, bytes, n_stored, told) in [
        ("many.avro", cut.clone(), 2, "many.avro is damaged after 2 packets: truncated packet"),
        (
            "many.avro.gz",
            gzip(&cut),
            2,
            "many.avro.gz is damaged after 2 packets: truncated packet",
        ),
        ("many.avro", damaged, 2, "many.avro is damaged after 2 packets: a block does not end"),
        (
            "many.avro.gz",
            zipped[..zipped.len() - 4].to_vec(),
            4,
            "many.avro.gz is damaged after 4 packets: its gzip is damaged",
        ),
    ] {
        let run = run_of(&[(name, bytes)]).await;
        assert_eq!(
            (&run["state"], n(&run, "stored")),
            (&json!("failed"), n_stored),
            "{name}: {run}"
        );
        assert!(feedback(&run).contains(told), "{told} in {run}");
        assert_eq!(n(&run, "unreadable"), 1, "{run}");
    }
}

#[tokio::test]
async fn what_stands_beside_a_broken_archive_is_read_and_of_many_some_are_named() {
    let members = packets(6);
    let cut = &tar(&members[..2])[..3_000];
    let names = ["1.tar", "2.tar", "3.tar", "4.tar", "5.tar"];
    let mut files: Vec<_> = names.map(|name| (name, cut.to_vec())).into();
    files.push(("6.tar", tar(&members)));
    let run = run_of(&files).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("failed"), 6), "{run}");
    let feedback = feedback(&run);
    assert!(feedback.contains("1.tar cannot be read") && feedback.contains("3.tar"), "{feedback}");
    assert!(
        feedback.contains("; and 2 other archives.") && !feedback.contains("4.tar"),
        "{feedback}"
    );
}

/// A member whose name stands in an entry of its own, as GNU tar writes long ones.
fn append_with_long_name(tar: &mut tar::Builder<Vec<u8>>, name: &[u8], bytes: &[u8]) {
    for (kind, content) in [(tar::EntryType::GNULongName, name), (tar::EntryType::Regular, bytes)] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_cksum();
        tar.append(&header, content).unwrap();
    }
}

#[tokio::test]
async fn names_that_are_no_text_and_names_without_end_do_not_keep_a_run_from_ending() {
    let packet = packets(1).remove(0).1;
    let long = ["x".repeat(7_000), ".avro".to_owned()].concat();
    for (name, shown) in
        [(&b"a\0b\x07.avro"[..], "a\u{fffd}b\u{fffd}.avro"), (long.as_bytes(), "x…")]
    {
        let mut tar = tar::Builder::new(Vec::new());
        append_with_long_name(&mut tar, name, &packet);
        let mut cut = tar.into_inner().unwrap();
        cut.truncate(cut.len() - 1_024);
        let run = run_of(&[("odd.tar", cut)]).await;
        assert_eq!((&run["state"], n(&run, "stored")), (&json!("failed"), 1), "{run}");
        let feedback = feedback(&run);
        assert!(feedback.contains(shown) && feedback.len() < 700, "{feedback}");
    }
}

#[tokio::test]
async fn a_limit_before_the_damage_ends_a_run_as_it_should() {
    let members = packets(6);
    let cut = tar(&members)[..end_of(&members[..5])].to_vec();
    let app = TestApp::start_empty().await;
    std::fs::write(app.archive.join("cut.tar"), cut).unwrap();
    let run = app.run(json!({"max_results": 3})).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 3), "{run}");
    assert!(
        feedback(&run).starts_with("Stopped at the limit of 3 results. There may be more"),
        "{run}"
    );
}

#[tokio::test]
async fn an_archive_is_read_to_its_true_end() {
    let members = packets(6);
    let (one, two) = (tar(&members[..2]), tar(&members[2..]));
    let both = [&one[..], &two].concat();
    let padded = [&one[..], &[0; 10_240], &two].concat();
    for (name, bytes) in [
        ("members.tar.gz", [gzip(&one), gzip(&two)].concat()),
        ("padded.tar.gz", [gzip(&one), vec![0; 700], gzip(&two), vec![0; 10]].concat()),
        ("inner.tar.gz", gzip(&both)),
        ("inner.tgz", gzip(&padded)),
        ("behind.tar", both),
        ("padded.tar", padded),
        ("one.tar", tar(&members)),
        ("halves.tar.gz", {
            let whole = tar(&members);
            let (before, behind) = whole.split_at(whole.len() / 2);
            [gzip(before), gzip(behind)].concat()
        }),
    ] {
        let run = run_of(&[(name, bytes)]).await;
        assert_eq!(feedback(&run), "Read to the end: 6 packets.", "{name}: {run}");
        let counts = (n(&run, "stored"), n(&run, "unreadable"));
        assert_eq!((&run["state"], counts), (&json!("finished"), (6, 0)), "{name}: {run}");
    }
}

#[tokio::test]
async fn packets_in_gzip_are_read_as_others_are() {
    let members = packets(3);
    let [one, two, three] = [0, 1, 2].map(|i| gzip(&members[i].1));
    let inside = tar(&[("a.AVRO.GZ".to_owned(), two), ("b.avro".to_owned(), three.clone())]);
    let run = run_of(&[("one.avro.gz", one.clone()), ("night.tar", inside)]).await;
    assert_eq!(feedback(&run), "Read to the end: 3 packets.", "{run}");
    assert_eq!((n(&run, "stored"), n(&run, "unreadable")), (3, 0), "{run}");

    // By what they are, whatever they are called; and one that is cut is set aside.
    let cut = one[..one.len() / 2].to_vec();
    let run =
        run_of(&[("a.avro", three), ("b.avro.gz", members[1].1.clone()), ("c.avro.gz", cut)]).await;
    assert_eq!(feedback(&run), "Read to the end: 3 packets. 1 could not be read.", "{run}");
    assert_eq!((n(&run, "stored"), n(&run, "unreadable")), (2, 1), "{run}");
}

#[tokio::test]
async fn files_and_members_that_are_skipped_by_their_names_are_counted_and_told() {
    let members = packets(1);
    let readme = ("readme.txt".to_owned(), b"hello".to_vec());
    let skipped = |n: &str| {
        format!(
            "Skipped {n} not ending in .avro, .avro.gz, .json or .json.gz, nor in .tar.gz, .tgz or .tar."
        )
    };
    let nothing = "Nothing to read: no packets were found.";
    let read = "Read to the end: 1 packet.";
    for (files, told) in [
        (vec![("one.avro.bz2", members[0].1.clone())], format!("{nothing} {}", skipped("1 file"))),
        (
            vec![
                ("a.avro", members[0].1.clone()),
                ("b.txt", vec![]),
                ("c.fits", vec![]),
                (".hidden", vec![]),
            ],
            format!("{read} {}", skipped("2 files")),
        ),
        (
            vec![("a.tar", tar(&[members[0].clone(), readme]))],
            format!(
                "{read} In a.tar: skipped 1 member not ending in .avro, .avro.gz, .json or .json.gz."
            ),
        ),
        (vec![("a.avro", members[0].1.clone()), (".hidden", vec![])], read.to_owned()),
    ] {
        let run = run_of(&files).await;
        assert_eq!((&run["state"], feedback(&run)), (&json!("finished"), told.as_str()), "{run}");
    }
}
