//! The syntax of a subscription's attribute filter, so that a slip is told before Google is asked.
//! <https://cloud.google.com/pubsub/docs/subscription-message-filter#filtering_syntax>

/// Longest filter, bytes.
pub const MAX_FILTER_BYTES: usize = 256;

/// Whether a text can be an attribute filter; the message says what is wrong.
pub fn check_attribute_filter(text: &str) -> Result<(), String> {
    if text.len() > MAX_FILTER_BYTES {
        return Err(format!(
            "A filter has at most {MAX_FILTER_BYTES} bytes; this one has {}.",
            text.len()
        ));
    }
    let tokens = tokens_of(text)?;
    let mut reader = Reader { tokens: &tokens, depth: 0 };
    reader.expression()?;
    match reader.tokens.first() {
        None => Ok(()),
        Some(token) => Err(format!("{} is not expected there.", token.in_words())),
    }
}

/// Parentheses that may stand in each other.
const MAX_DEPTH: usize = 20;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text,
    Sign(&'static str),
}

impl Token {
    fn in_words(&self) -> String {
        match self {
            Self::Word(word) => format!("“{word}”"),
            Self::Text => "A text in quotation marks".to_owned(),
            Self::Sign(sign) => format!("“{sign}”"),
        }
    }
}

fn tokens_of(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let signs = ["!=", "=", ":", ".", ",", "(", ")", "-"];
        if let Some(sign) = signs.into_iter().find(|sign| rest.starts_with(sign)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else if first == '"' {
            rest = after_text(rest)?;
            tokens.push(Token::Text);
        } else if is_of_word(first) {
            let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            return Err(format!(
                "“{first}” cannot stand in a filter; put values in \"quotation marks\"."
            ));
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// What follows a text in quotation marks.
fn after_text(text: &str) -> Result<&str, String> {
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            '"' => return Ok(&text[at + 1..]),
            _ => {}
        }
    }
    Err("A quotation mark is not closed.".to_owned())
}

struct Reader<'t> {
    tokens: &'t [Token],
    depth: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first.clone())
    }

    fn takes(&mut self, token: &Token) -> bool {
        let is_there = self.tokens.first() == Some(token);
        if is_there {
            self.tokens = &self.tokens[1..];
        }
        is_there
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.takes(&Token::Word(word.to_owned()))
    }

    fn demand(&mut self, sign: &'static str) -> Result<(), String> {
        if self.takes(&Token::Sign(sign)) {
            Ok(())
        } else {
            Err(format!("“{sign}” is missing."))
        }
    }

    /// Terms joined by AND, or by OR; not by both without parentheses.
    fn expression(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("There are too many parentheses.".to_owned());
        }
        self.term()?;
        let mut joined_by: Option<&str> = None;
        loop {
            let word = ["AND", "OR"].into_iter().find(|word| self.takes_word(word));
            let Some(word) = word else { break };
            if joined_by.is_some_and(|before| before != word) {
                return Err("AND and OR need parentheses to go together.".to_owned());
            }
            joined_by = Some(word);
            self.term()?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn term(&mut self) -> Result<(), String> {
        while self.takes_word("NOT") || self.takes(&Token::Sign("-")) {}
        if self.takes(&Token::Sign("(")) {
            self.expression()?;
            return self.demand(")");
        }
        if self.takes_word("hasPrefix") {
            self.demand("(")?;
            self.attribute()?;
            self.demand(",")?;
            self.text()?;
            return self.demand(")");
        }
        if !self.takes_word("attributes") {
            return Err(
                "A condition reads attributes:NAME, attributes.NAME = \"value\" (or !=), or hasPrefix(attributes.NAME, \"beginning\")."
                    .to_owned(),
            );
        }
        if self.takes(&Token::Sign(":")) {
            return self.name();
        }
        self.demand(".")?;
        self.name()?;
        if self.takes(&Token::Sign("=")) || self.takes(&Token::Sign("!=")) {
            return self.text();
        }
        Err("“=” or “!=” is missing after the name of an attribute.".to_owned())
    }

    fn attribute(&mut self) -> Result<(), String> {
        if !self.takes_word("attributes") {
            return Err("hasPrefix takes attributes.NAME and a text.".to_owned());
        }
        self.demand(".")?;
        self.name()
    }

    fn name(&mut self) -> Result<(), String> {
        match self.next() {
            Some(Token::Word(_) | Token::Text) => Ok(()),
            _ => Err("The name of an attribute is missing; put one with signs in it in \"quotation marks\".".to_owned()),
        }
    }

    fn text(&mut self) -> Result<(), String> {
        match self.next() {
            Some(Token::Text) => Ok(()),
            _ => Err("A value in \"quotation marks\" is missing.".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_googles_documentation_shows_is_taken() {
        for good in [
            "attributes:domain",
            "attributes.domain = \"com\"",
            "attributes.domain != \"com\"",
            "hasPrefix(attributes.domain, \"co\")",
            "attributes:\"iana.org/language_tag\"",
            "attributes.\"kafka.topic\" = \"ztf_20261125_programid1\"",
            "attributes.diaObject_diaObjectId = \"170028485835751490\" OR attributes.healpix9 = \"2196702\"",
            "attributes:iana AND NOT attributes.name = \"a \\\" b\"",
            "-attributes:x",
            "(attributes:a OR attributes:b) AND attributes.c=\"d\"",
            "NOT (attributes:a AND attributes:b)",
        ] {
            assert_eq!(check_attribute_filter(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn slips_are_told() {
        for (bad, told) in [
            ("attributes.domain == \"com\"", "quotation marks"),
            ("attributes.domain = com", "quotation marks"),
            ("attributes.domain = 'com'", "cannot stand"),
            ("attributes.domain", "missing"),
            ("attributes:a AND attributes:b OR attributes:c", "parentheses"),
            ("(attributes:a", "“)” is missing"),
            ("attributes:a)", "not expected"),
            ("domain = \"com\"", "A condition reads"),
            ("attributes:a and attributes:b", "not expected"),
            ("attributes.a = \"b", "not closed"),
            ("AND", "A condition reads"),
            ("hasPrefix(attributes.a)", "“,” is missing"),
        ] {
            let message = check_attribute_filter(bad).unwrap_err();
            assert!(message.contains(told), "{bad}: {message}");
        }
        let long = format!("attributes.a = \"{}\"", "x".repeat(250));
        assert!(check_attribute_filter(&long).unwrap_err().contains("256 bytes"));
        let deep = format!("{}attributes:a{}", "(".repeat(60), ")".repeat(60));
        assert!(check_attribute_filter(&deep).is_err());
    }
}
