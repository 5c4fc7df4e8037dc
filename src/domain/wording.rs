//! How a text becomes a sentence on a page or in a log.

/// The text with a capital letter and one full stop.
pub fn as_sentence(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_one_sentence() {
        assert_eq!(as_sentence("the topic is gone"), "The topic is gone.");
        assert_eq!(as_sentence("the topic is gone. Make it."), "The topic is gone. Make it.");
        assert_eq!(as_sentence("éclair"), "Éclair.");
        assert_eq!(as_sentence(""), ".");
    }
}
