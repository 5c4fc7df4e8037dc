//! What a query string may hold: names, and what each takes. What is sent and not taken is told by its name, never passed over.

use super::extract::Pairs;

/// A parameter that a request takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    name: &'static str,
    takes: Takes,
}

/// What a parameter takes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Takes {
    /// Whatever stands there.
    Anything,
    /// Any text, which whoever uses it reads further.
    Text,
    /// Any number of texts.
    Texts,
    /// Whole numbers from one to another.
    Whole { least: i64, most: i64 },
    /// One of these words.
    Word(Vec<String>),
}

impl Parameter {
    /// One that takes whatever stands there, and of which what is of no use counts as none: where to go on to.
    pub(crate) fn anything(name: &'static str) -> Self {
        Self { name, takes: Takes::Anything }
    }

    /// One that takes any text.
    pub(crate) fn text(name: &'static str) -> Self {
        Self { name, takes: Takes::Text }
    }

    /// One that takes any text, and comes as often as one likes.
    pub(crate) fn texts(name: &'static str) -> Self {
        Self { name, takes: Takes::Texts }
    }

    /// One that takes whole numbers from `least` to `most`.
    pub(crate) fn whole(name: &'static str, least: i64, most: i64) -> Self {
        Self { name, takes: Takes::Whole { least, most } }
    }

    /// One that takes any whole number.
    pub(crate) fn any_whole(name: &'static str) -> Self {
        Self::whole(name, i64::MIN, i64::MAX)
    }

    /// One that takes one of some words.
    pub(crate) fn word(
        name: &'static str,
        words: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self { name, takes: Takes::Word(words.into_iter().map(Into::into).collect()) }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// What is wrong with what is given for it. An empty value is none; of two values one would be passed over.
    fn complaint(&self, sent: &Pairs) -> Option<String> {
        let mut values = sent.all(self.name).map(str::trim).filter(|value| !value.is_empty());
        let value = values.next()?;
        if self.takes != Takes::Texts && values.next().is_some() {
            return Some("Give it once: only one value is read.".to_owned());
        }
        match &self.takes {
            Takes::Anything => None,
            Takes::Text | Takes::Texts => {
                let holds_nul = sent.all(self.name).any(|value| value.contains('\0'));
                holds_nul.then(|| "A text holds no NUL (%00).".to_owned())
            }
            Takes::Whole { least, most } => {
                let is_taken =
                    value.parse().is_ok_and(|number: i64| (*least..=*most).contains(&number));
                (!is_taken).then(|| whole_numbers(*least, *most))
            }
            Takes::Word(words) => (!words.iter().any(|word| word == value))
                .then(|| format!("Give one of: {}.", words.join(", "))),
        }
    }
}

fn whole_numbers(least: i64, most: i64) -> String {
    match (least, most) {
        (i64::MIN, i64::MAX) => "Give a whole number.".to_owned(),
        (least, i64::MAX) => format!("Give a whole number from {least} on."),
        (least, most) => format!("Give a whole number from {least} to {most}."),
    }
}

/// What of a query string is not taken: names, each with a sentence that says what is. `what` takes it: "request".
pub(crate) fn complaints(sent: &Pairs, taken: &[Parameter], what: &str) -> Vec<(String, String)> {
    let is_taken = |name: &str| taken.iter().any(|parameter| parameter.name == name);
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, _) in sent.iter().filter(|(name, _)| !is_taken(name)) {
        found.push((name.to_owned(), unknown(taken, what)));
    }
    let wrong = taken.iter().filter_map(|it| Some((it.name.to_owned(), it.complaint(sent)?)));
    found.extend(wrong);
    found
}

fn unknown(taken: &[Parameter], what: &str) -> String {
    if taken.is_empty() {
        return format!("This {what} takes no parameters.");
    }
    let names: Vec<_> = taken.iter().map(Parameter::name).collect();
    format!("This {what} takes no such parameter. It takes: {}.", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_taken_is_told_by_its_name_with_what_is() {
        let taken = [
            Parameter::text("name"),
            Parameter::whole("page", 1, i64::MAX),
            Parameter::whole("size", 1, 9),
            Parameter::any_whole("before"),
            Parameter::word("whose", ["all", "mine"]),
            Parameter::texts("bands"),
            Parameter::anything("next"),
        ];
        let told = |sent: &str| complaints(&Pairs::parse(sent.as_bytes()), &taken, "page");
        for fine in [
            "",
            "name=a+b&page=1&size=9&before=-3&whose=mine",
            "name=&page=&size=+&before=&whose=",
            "page=&page=2&page=",
            "before=+-7+&whose=%20all",
            "bands=g&bands=r&bands=",
            "next=%00//x",
        ] {
            assert!(told(fine).is_empty(), "{fine}: {:?}", told(fine));
        }
        let number = "Give a whole number from 1 on.";
        for (sent, name, message) in [
            ("page=0", "page", number),
            ("page=2.0", "page", number),
            ("page=99999999999999999999", "page", number),
            ("size=10", "size", "Give a whole number from 1 to 9."),
            ("before=abc", "before", "Give a whole number."),
            ("before=%00", "before", "Give a whole number."),
            ("whose=Mine", "whose", "Give one of: all, mine."),
            ("bands=g&bands=%00", "bands", "A text holds no NUL (%00)."),
            ("name=a%00", "name", "A text holds no NUL (%00)."),
            ("size=1&size=1", "size", "Give it once: only one value is read."),
            (
                "nam=",
                "nam",
                "This page takes no such parameter. It takes: name, page, size, before, whose, bands, next.",
            ),
        ] {
            assert_eq!(told(sent), [(name.to_owned(), message.to_owned())], "{sent}");
        }
        let nothing = complaints(&Pairs::parse(b"x=1"), &[], "request");
        assert_eq!(nothing[0].1, "This request takes no parameters.");
    }
}
