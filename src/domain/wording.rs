//! How texts and counts are written, on a page or in a log.

/// The text with a capital letter and one full stop.
pub fn as_sentence(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}

/// A count with a comma from 1,000 on: "1,234,567". Ids and measured values have none.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count that came as text; any other text as it is.
pub fn grouped_text(text: &str) -> String {
    text.trim().parse().map_or_else(|_| text.to_owned(), grouped)
}

/// A count with what is counted: "1 alert", "412 alerts".
pub fn counted(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{} {what}s", grouped(n)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(
            [0, 12, 999, 1_000, 123_456, 1_234_567].map(grouped),
            ["0", "12", "999", "1,000", "123,456", "1,234,567"]
        );
        assert_eq!(["1846", " 7 ", "1e9"].map(grouped_text), ["1,846", "7", "1e9"]);
    }

    #[test]
    fn a_text_becomes_one_sentence() {
        assert_eq!(as_sentence("the topic is gone"), "The topic is gone.");
        assert_eq!(as_sentence("the topic is gone. Make it."), "The topic is gone. Make it.");
        assert_eq!(as_sentence("éclair"), "Éclair.");
        assert_eq!(as_sentence(""), ".");
    }
}
