//! What only the storage may say or begin.

use crate::tree::{Tree, layer};

#[test]
fn only_storage_can_prove_that_something_is_kept() {
    for (name, code) in Tree::read().programs {
        let makes_proof = code.contains("Kept::after_commit(");
        assert!(
            !makes_proof || layer(&name) == "storage",
            "src/{name} claims that something is committed"
        );
    }
}

#[test]
fn transactions_are_begun_where_no_request_can_go_away_half_way() {
    let begin: Vec<_> = Tree::read()
        .programs
        .into_iter()
        .flat_map(|(name, code)| {
            let n = [".begin()", ".begin_with(", ".try_begin("]
                .iter()
                .map(|call| code.matches(call).count())
                .sum();
            vec![name; n]
        })
        .collect();
    assert_eq!(begin, ["storage/mod.rs"], "`Storage::in_transaction` is there for it");
}

#[test]
fn only_the_storage_says_who_somebody_is() {
    for (name, code) in Tree::read().programs {
        for words in ["TeamScope::of_rows(", ".by_token("] {
            assert!(!code.contains(words) || layer(&name) == "storage", "src/{name} makes a scope");
        }
    }
}
