//! The functions of a source: who may call them, what they are given, whose they are.

use std::ops::Range;

use crate::{
    reader::{bare, closing, is_part_of_word},
    tree::Tree,
};

/// A function, as far as its first line says.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Whether other layers may call it.
    pub(crate) is_public: bool,
    /// What stands between its brackets, in one line.
    pub(crate) parameters: String,
    /// What stands after `impl` where it is written; empty for one that stands by itself.
    pub(crate) of: String,
    /// What it does, without comments, texts and blanks.
    pub(crate) body: String,
    /// From `fn` to the end of its block.
    pub(crate) n_lines: usize,
}

impl Function {
    /// The name that a parameter of type `&Asker` has.
    pub(crate) fn asked_by(&self) -> Option<&str> {
        self.parameters.split(',').find_map(|parameter| {
            let (name, kind) = parameter.split_once(':')?;
            (kind.trim() == "&Asker").then(|| name.trim())
        })
    }
}

/// Every function of a source.
pub(crate) fn functions(source: &str) -> Vec<Function> {
    let bare = bare(source);
    let blocks = implementations(&bare);
    words(&bare, "fn").filter_map(|at| function(&bare, at, &blocks)).collect()
}

/// Heads of all `impl` with where their blocks begin and end.
pub(crate) fn implementations(bare: &str) -> Vec<(String, usize, usize)> {
    let begins_item = |before: &str| {
        let before = before.trim_end().trim_end_matches("unsafe").trim_end();
        before.is_empty() || before.ends_with(['}', ';', ']', '{'])
    };
    words(bare, "impl")
        .filter(|at| begins_item(&bare[..*at]))
        .filter_map(|at| {
            let open = at + bare[at..].find('{')?;
            let head = bare[at + "impl".len()..open].split_whitespace().collect::<Vec<_>>();
            Some((head.join(" "), open, closing(bare, open)))
        })
        .collect()
}

/// Where a word stands.
fn words<'a>(bare: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    bare.match_indices(word).map(|(at, _)| at).filter(move |at| {
        !bare[..*at].ends_with(is_part_of_word)
            && !bare[at + word.len()..].starts_with(is_part_of_word)
    })
}

fn function(bare: &str, at: usize, blocks: &[(String, usize, usize)]) -> Option<Function> {
    let rest = bare[at + "fn".len()..].trim_start();
    // A macro may be given the name.
    let name: String = rest.chars().take_while(|c| is_part_of_word(*c) || *c == '$').collect();
    // `fn(…)` is a type.
    if name.is_empty() {
        return None;
    }
    let generic = &rest[name.len()..];
    let open = bare.len() - generic.len() + end_of_generics(generic);
    let end = closing(bare, open);
    let parameters = bare[open..end].trim_start_matches('(').trim_end_matches(')');
    let of = blocks.iter().rfind(|(_, open, end)| (*open..*end).contains(&at));
    let block = block(bare, end);
    Some(Function {
        name,
        is_public: is_public(&bare[..at]),
        parameters: parameters.split_whitespace().collect::<Vec<_>>().join(" "),
        of: of.map(|(head, _, _)| head.clone()).unwrap_or_default(),
        body: bare[block.clone()].split_whitespace().collect(),
        n_lines: bare[at..block.end].lines().count(),
    })
}

/// The block of a function whose brackets are closed here; nothing where a trait only names it.
fn block(bare: &str, end: usize) -> Range<usize> {
    let open = bare[end..].find(['{', ';']).filter(|at| bare[end + at..].starts_with('{'));
    open.map_or(end..end, |open| end + open..closing(bare, end + open))
}

/// How long `<…>` is, which may hold brackets and arrows.
fn end_of_generics(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, c) in rest.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before != '-' => depth = depth.saturating_sub(1),
            '(' if depth == 0 => return at,
            _ => {}
        }
        before = c;
    }
    rest.len()
}

/// Whether what stands before `fn` lets other layers call it.
fn is_public(before: &str) -> bool {
    let mut before = before.trim_end();
    while let Some(shorter) = ["async", "const", "unsafe", "extern"]
        .iter()
        .find_map(|word| before.strip_suffix(word).filter(|it| !it.ends_with(is_part_of_word)))
    {
        before = shorter.trim_end();
    }
    let says_pub = |text: &str| {
        text.trim_end().strip_suffix("pub").is_some_and(|it| !it.ends_with(is_part_of_word))
    };
    let Some(inside) = before.strip_suffix(')') else { return says_pub(before) };
    let Some((before, place)) = inside.rsplit_once('(') else { return false };
    let place: String = place.split_whitespace().collect::<Vec<_>>().join(" ");
    let stays_here = ["self", "super"].contains(&place.as_str())
        || ["in super", "in self", "in crate::storage"].iter().any(|it| place.starts_with(it));
    says_pub(before) && !stays_here
}

#[test]
fn no_error_stands_within_a_result_of_another() {
    for (name, program) in Tree::read().programs {
        assert!(
            !is_nested(&program),
            "src/{name}: one enum says what went wrong, and `?` hands it on"
        );
    }
    for nested in [
        "fn a() -> Result<Result<(), A>, B> {}",
        "fn a() -> io::Result<\n    std::result::Result<(), A>,\n> {}",
        "fn a() -> Result<anyhow :: Result< () >, B> {}",
    ] {
        assert!(is_nested(nested), "{nested}");
    }
    assert!(!is_nested("fn a() -> Result<ResultPage, B> { Vec::<Result<A, B>>::new() }"));
}

/// Whether a type `Result` holds another one.
fn is_nested(program: &str) -> bool {
    let bare: String = bare(program).split_whitespace().collect();
    bare.split("Result<").skip(1).any(|inside| {
        // A path that is cut off here goes on with `Result<`.
        let is_path = inside.is_empty() || inside.ends_with("::");
        is_path && inside.chars().all(|c| is_part_of_word(c) || c == ':')
    })
}

#[test]
fn public_functions_are_found_however_they_are_written() {
    let source = r#"
        impl Storage {
            pub async fn plain(&self, asker: &Asker, id: i64) -> Option<(i64, i64)> { "fn no()"; }
            pub fn generic<F, T: Fn(&str) -> bool>(
                &self,
                _: &Asker,
                find: F,
            ) where F: Fn() {}
            pub(crate) const fn of_crate() {}
            pub(in crate::web) unsafe fn of_web(optional: Option<&Asker>) {}
            pub(super) async fn of_storage() {}
            pub(in crate::storage) fn also_of_storage() {}
            fn private(back: fn(i64) -> i64) {}
        }
        impl Comments for Storage { async fn of_trait(&self) {} }
        pub fn alone(it: impl Fn()) {}
    "#;
    let found = functions(source);
    let of = |name: &str| found.iter().find(|it| it.name == name).unwrap();
    let public: Vec<_> = found.iter().filter(|it| it.is_public).map(|it| &it.name).collect();
    assert_eq!(public, ["plain", "generic", "of_crate", "of_web", "alone"]);
    assert_eq!(found.len(), 9, "{found:?}");
    assert_eq!(of("plain").asked_by(), Some("asker"));
    assert_eq!(of("generic").asked_by(), Some("_"));
    assert_eq!(of("of_web").asked_by(), None);
    assert_eq!(of("private").of, "Storage");
    assert_eq!(of("of_trait").of, "Comments for Storage");
    assert_eq!(of("alone").of, "");
    assert_eq!(of("plain").body, "{;}");
    assert_eq!((of("plain").n_lines, of("generic").n_lines), (1, 5));
    let named = functions("trait A { fn named(&self) -> [u8; 2]; fn done() { a( b ) } }");
    assert_eq!(named.iter().map(|it| it.body.as_str()).collect::<Vec<_>>(), ["", "{a(b)}"]);
}
