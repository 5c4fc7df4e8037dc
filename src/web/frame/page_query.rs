//! The query string of a page: every page says what it takes, and refuses the rest.

use axum::{
    extract::FromRequestParts,
    http::{Method, request::Parts},
};

use super::{
    error::Error,
    extract::Pairs,
    parameters::{Parameter, complaints},
};

/// Wrong parameters up to which each is named, and of a name so many characters.
const MOST_NAMED: usize = 5;
const MOST_OF_NAME: usize = 40;

/// The query string of a page. What is in it can be had once it is said what the page takes. It stands before
/// [`PageContext`](super::context::PageContext), which refuses every parameter of a page that does not ask for it.
pub(crate) struct Query(Pairs);

/// Whoever answers says what the query string may hold: an extension of the request.
#[derive(Clone, Copy)]
pub(crate) struct IsJudged;

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        parts.extensions.insert(IsJudged);
        Ok(Self(Pairs::sent_with(parts)))
    }
}

impl Query {
    /// What was sent, if the page takes all of it.
    pub(crate) fn taking(self, taken: &[Parameter]) -> Result<Pairs, Error> {
        check(&self.0, taken)?;
        Ok(self.0)
    }

    /// The value of a name by which the page knows what else it takes.
    pub(crate) fn choice(&self, name: &str) -> Option<&str> {
        self.0.text(name)
    }
}

/// Refuses one value, for a reason that only its page knows.
pub(crate) fn refused(name: &str, message: &str) -> Error {
    refused_all(&[(name.to_owned(), message.to_owned())])
}

/// Refuses the query string of a page that does not ask for it, and so takes none.
pub(super) fn refuse_unjudged(parts: &Parts) -> Result<(), Error> {
    let is_visit = matches!(parts.method, Method::GET | Method::HEAD);
    if !is_visit || parts.extensions.get::<IsJudged>().is_some() {
        return Ok(());
    }
    check(&Pairs::sent_with(parts), &[])
}

/// Refuses what is sent and not taken.
fn check(sent: &Pairs, taken: &[Parameter]) -> Result<(), Error> {
    let mut wrong = complaints(sent, taken, "page");
    wrong.retain(|(name, _)| !is_of_links(name));
    if wrong.is_empty() { Ok(()) } else { Err(refused_all(&wrong)) }
}

/// Names some of what is wrong, so that a hostile address makes no long page.
fn refused_all(wrong: &[(String, String)]) -> Error {
    let named = wrong.iter().take(MOST_NAMED).map(|(name, message)| {
        let name: String = name.chars().take(MOST_OF_NAME).collect();
        format!("“{name}”: {message}")
    });
    let named = named.collect::<Vec<_>>().join(" ");
    Error::WrongParameters(format!("The address asks for what is not here. {named}"))
}

/// Whether programs that send links around add a parameter to each address, to count who follows it.
fn is_of_links(name: &str) -> bool {
    const OTHERS: [&str; 5] = ["fbclid", "gclid", "mc_cid", "mc_eid", "msclkid"];
    name.starts_with("utm_") || OTHERS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(sent: &str, taken: &[Parameter]) -> Option<String> {
        let sent = Query(Pairs::parse(sent.as_bytes()));
        sent.taking(taken).err().map(|error| error.to_string())
    }

    #[test]
    fn what_a_page_does_not_take_is_named_on_it_unless_mail_programs_add_it() {
        let taken = [Parameter::any_whole("page")];
        for fine in
            ["", "page=2", "page=2&utm_source=mail&utm_campaign=x&fbclid=1&gclid=1&msclkid="]
        {
            assert_eq!(told(fine, &taken), None, "{fine}");
        }
        let said = told("pag=1&page=2.0&utm=1", &taken).unwrap();
        for part in [
            "“pag”: This page takes no such parameter. It takes: page.",
            "“utm”: ",
            "“page”: Give a whole number.",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let many: Vec<_> = (0..900).map(|n| format!("{n}{}=", "x".repeat(900))).collect();
        assert!(told(&many.join("&"), &taken).unwrap().len() < 1_000);
    }
}
