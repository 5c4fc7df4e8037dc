//! Texts of the description, which mark what is to be typed by backticks.

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) text: &'static str,
    /// Whether it is to be typed as it stands.
    pub(super) is_code: bool,
}

/// A text in pieces.
pub(super) fn prose(text: &'static str) -> Vec<Span> {
    let pieces = text.split('`').enumerate();
    let spans = pieces.map(|(n, text)| Span { text, is_code: n % 2 == 1 });
    spans.filter(|span| !span.text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_code() {
        let span = |text, is_code| Span { text, is_code };
        assert_eq!(prose("`on` goes on"), [span("on", true), span(" goes on", false)]);
        assert_eq!(prose("see `/api/`"), [span("see ", false), span("/api/", true)]);
        assert_eq!(prose(""), []);
    }
}
