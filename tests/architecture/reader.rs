//! Reads Rust as far as the rules need it: what is comment, text or code, and which items are compiled for tests only.

use std::ops::Range;

/// What a piece of a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Code,
    Comment,
    /// A string literal, with quotes and prefix.
    Text,
    /// A character or byte literal.
    Char,
}

/// With what something begins that is no code. None of them is a part of a longer character.
const BEGINNINGS: &[u8] = b"/'\"brc";

/// The pieces of a source, in order; together they are all of it.
pub(crate) fn pieces(source: &str) -> Vec<(Kind, Range<usize>)> {
    let mut pieces = Vec::new();
    let mut code_begins = 0;
    let mut at = 0;
    while at < source.len() {
        if !BEGINNINGS.contains(&source.as_bytes()[at]) {
            at += 1;
        } else if let Some((kind, n_bytes)) = literal_or_comment(source, at) {
            if code_begins < at {
                pieces.push((Kind::Code, code_begins..at));
            }
            pieces.push((kind, at..at + n_bytes));
            at += n_bytes;
            code_begins = at;
        } else {
            at += 1;
        }
    }
    if code_begins < at {
        pieces.push((Kind::Code, code_begins..at));
    }
    pieces
}

/// What begins here that is no code, and how long it is.
fn literal_or_comment(source: &str, at: usize) -> Option<(Kind, usize)> {
    let rest = &source[at..];
    if rest.starts_with("//") {
        return Some((Kind::Comment, rest.find('\n').unwrap_or(rest.len())));
    }
    if rest.starts_with("/*") {
        return Some((Kind::Comment, block_comment(rest)));
    }
    if rest.starts_with('\'') {
        return character(rest).map(|n_bytes| (Kind::Char, n_bytes));
    }
    if source[..at].ends_with(is_part_of_word) && !rest.starts_with('"') {
        return None;
    }
    if rest.starts_with("b'") {
        return character(&rest[1..]).map(|n_bytes| (Kind::Char, n_bytes + 1));
    }
    let prefix = rest.find(|c| !matches!(c, 'b' | 'c' | 'r')).filter(|n_bytes| *n_bytes <= 2)?;
    let is_raw = rest[..prefix].ends_with('r');
    let hashes = if is_raw { rest[prefix..].find(|c| c != '#')? } else { 0 };
    let quote = prefix + hashes;
    if !rest[quote..].starts_with('"') {
        return None;
    }
    let inside = &rest[quote + 1..];
    let end = if is_raw { raw_end(inside, hashes) } else { end_of(inside, '"') };
    Some((Kind::Text, (quote + 1 + end).min(rest.len())))
}

/// Block comments stand within one another.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(found) = rest[at..].find(['/', '*']) {
        at += found;
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length of a character literal; `None` for a lifetime.
fn character(rest: &str) -> Option<usize> {
    let first = rest[1..].chars().next()?;
    if first == '\\' {
        return Some((1 + end_of(&rest[1..], '\'')).min(rest.len()));
    }
    let end = 1 + first.len_utf8();
    rest[end..].starts_with('\'').then_some(end + 1)
}

/// Where a literal ends, behind its closing quote; what a backslash stands before is passed over.
fn end_of(inside: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    inside.len()
}

fn raw_end(inside: &str, hashes: usize) -> usize {
    let end = format!("\"{}", "#".repeat(hashes));
    inside.find(&end).map_or(inside.len(), |at| at + end.len())
}

pub(crate) fn is_part_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A source of the same length, with spaces in place of comments and literals: its braces are those of the code.
pub(crate) fn bare(source: &str) -> String {
    blanked(source, |kind| kind != Kind::Code)
}

/// The part of a source that is compiled into the program, without comments.
pub(crate) fn program(source: &str) -> String {
    let source = without_tests(source);
    blanked(&source, |kind| kind == Kind::Comment)
}

fn blanked(source: &str, is_left_out: fn(Kind) -> bool) -> String {
    let mut text = String::with_capacity(source.len());
    for (kind, range) in pieces(source) {
        let piece = &source[range];
        if is_left_out(kind) {
            text.extend(piece.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        } else {
            text.push_str(piece);
        }
    }
    text
}

/// A source without the items that are compiled for tests only.
pub(crate) fn without_tests(source: &str) -> String {
    let bare = bare(source);
    let (mut text, mut at) = (String::new(), 0);
    while let Some(found) = bare[at..].find('#').map(|found| at + found) {
        let Some(attribute) = attribute(&bare, found) else {
            text.push_str(&source[at..=found]);
            at = found + 1;
            continue;
        };
        let words: String = bare[attribute.clone()].split_whitespace().collect();
        text.push_str(&source[at..found]);
        if words == "#![cfg(test)]" {
            return text;
        }
        let is_for_tests = words == "#[cfg(test)]" || words.starts_with("#[cfg(all(test,");
        at = if is_for_tests { end_of_item(&bare, attribute.end) } else { attribute.end };
        if !is_for_tests {
            text.push_str(&source[attribute]);
        }
    }
    text + &source[at..]
}

/// The attribute that begins here.
fn attribute(bare: &str, at: usize) -> Option<Range<usize>> {
    let behind = bare[at..].strip_prefix('#')?.trim_start();
    let behind = behind.strip_prefix('!').unwrap_or(behind).trim_start();
    let open = bare.len() - behind.len();
    behind.starts_with('[').then(|| at..closing(bare, open))
}

/// Where the bracket that opens here is closed, behind the closing one.
pub(crate) fn closing(bare: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, c) in bare[open..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return open + at + 1;
                }
            }
            _ => {}
        }
    }
    bare.len()
}

/// Where the item ends that begins here, perhaps with further attributes.
fn end_of_item(bare: &str, begin: usize) -> usize {
    let mut at = begin;
    loop {
        at += bare[at..].len() - bare[at..].trim_start().len();
        match attribute(bare, at) {
            Some(attribute) => at = attribute.end,
            None => break,
        }
    }
    // What stands before its block or value says what it is.
    let head = bare[at..].split(['{', ';', '=']).next().unwrap();
    let says = |words: &[&str]| head.split(|c| !is_part_of_word(c)).any(|it| words.contains(&it));
    let has_block = says(&["fn", "mod", "impl", "struct", "enum", "union", "trait", "macro_rules"]);
    let has_semicolon = !has_block && says(&["use", "static", "const", "type", "let"]);
    let is_within = !has_block && !has_semicolon;
    while let Some(c) = bare[at..].chars().next() {
        match c {
            ';' => return at + 1,
            ',' if is_within => return at + 1,
            '(' | '[' => at = closing(bare, at),
            '{' => {
                at = closing(bare, at);
                if !has_semicolon {
                    return at;
                }
            }
            // What encloses a field or an arm ends.
            ')' | ']' | '}' => return at,
            c => at += c.len_utf8(),
        }
    }
    at
}

/// A source and what is left of it are written with `·` for each byte that is blank.
#[test]
fn comments_texts_and_characters_are_no_code() {
    for (source, left) in [
        ("a // }\nb", "a ····\nb"),
        ("a /* { /* } */ { */ b", "a ················· b"),
        (r#"a("}", '{', b'}', '\'', "\"}")"#, "a(···, ···, ····, ····, ·····)"),
        (r##"x(r#"{ " }"#, br"{", b"\\", c"}")"##, "x(··········, ·····, ·····, ····)"),
        ("fn f<'a>(it: &'a str) {}", "fn f<'a>(it: &'a str) {}"),
        ("let r#type = for_(\"}\");", "let r#type = for_(···);"),
        ("a(\"//\") // \"\nb", "a(····) ····\nb"),
        ("a('é', \"é\") 'b'", "a(····, ····) ···"),
        ("a(\"{\nb}\")", "a(··\n···)"),
    ] {
        assert_eq!(bare(source), left.replace('·', " "), "{source}");
    }
}

#[test]
fn only_the_item_behind_the_attribute_is_for_tests() {
    for (source, left) in [
        ("a(); #[cfg(test)] mod tests; b();", "a();  b();"),
        ("#[cfg(test)]\nmod tests { fn a() { let x = \"}\"; '}' } } fn b() {}", " fn b() {}"),
        ("#[cfg(test)] use a::{b, c}; fn d() {}", " fn d() {}"),
        ("#[cfg(test)] pub(crate) use a::{b}; fn d() {}", " fn d() {}"),
        ("#[cfg(test)] #[expect(x, reason = \"}\")] async fn a<T>() -> [u8; 2] { b }; c", "; c"),
        ("#[cfg(test)] const A: [u8; 2] = B { c: {} }.d; e", " e"),
        ("#[cfg(test)] impl A for B {} c", " c"),
        ("struct A { #[cfg(test)] b: u8, c: u8 }", "struct A {  c: u8 }"),
        ("match a { #[cfg(test)] A => b(c, d), E => f }", "match a {  E => f }"),
        ("f(#[cfg(test)] a)", "f()"),
        ("#[cfg(all(test, unix))] fn a() {} b", " b"),
        ("#[cfg(any(test, unix))] fn a() {}", "#[cfg(any(test, unix))] fn a() {}"),
        ("#[cfg(not(test))] fn a() {}", "#[cfg(not(test))] fn a() {}"),
        ("a(\"#[cfg(test)]\"); // #[cfg(test)]\nb", "a(\"#[cfg(test)]\"); // #[cfg(test)]\nb"),
        ("a #![cfg(test)] b", "a "),
    ] {
        assert_eq!(without_tests(source), left, "{source}");
    }
    assert_eq!(program("a // b\n#[cfg(test)] mod c;\"// d\""), "a     \n\"// d\"");
}
