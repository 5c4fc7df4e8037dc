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
fn only_the_storage_says_who_somebody_is() {
    for (name, code) in Tree::read().programs {
        for words in ["Asker::of_rows(", ".by_token("] {
            assert!(!code.contains(words) || layer(&name) == "storage", "src/{name} says who asks");
        }
    }
}
