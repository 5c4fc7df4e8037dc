//! Lists, which are alike in every answer: how many there are, where the next ones are, and some of them.

use std::fmt::Display;

use crate::web::frame::extract::Pairs;

/// Declares a page of a list: the type, its name in the description, what it is a list of, and an example of `next`.
macro_rules! list_body {
    ($(#[doc = $meaning:tt])+ $name:ident, $schema:ident, $row:ident, $order:tt, $count:tt, $($next:tt)+) => {
        $(#[doc = $meaning])+
        #[derive(serde::Serialize, utoipa::ToSchema)]
        #[schema(as = $schema)]
        pub(super) struct $name {
            /// How many there are on all pages.
            #[schema(example = $count)]
            pub(super) count: u64,
            /// Where the next ones are; null after the last.
            #[schema(required, example = $($next)+)]
            pub(super) next: Option<String>,
            #[doc = $order]
            pub(super) results: Vec<$row>,
        }
    };
}
pub(super) use list_body;

/// Rows of a page, unless asked for otherwise; the description says how many may be asked for.
const PAGE_SIZE: u16 = 50;

/// How many rows of a list are asked for.
pub(super) fn page_size(sent: &Pairs) -> u16 {
    sent.number("page_size").and_then(|size| u16::try_from(size).ok()).unwrap_or(PAGE_SIZE)
}

/// Which page of a list is asked for, counted from 1.
pub(super) fn page_number(sent: &Pairs) -> u64 {
    sent.number("page").and_then(|page| u64::try_from(page).ok()).unwrap_or(1)
}

/// The address of the next page: that of this one, with another value of the parameter that turns pages.
pub(super) fn next_href(path: &str, sent: &Pairs, turns: &str, value: impl Display) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in sent.iter().filter(|(name, _)| *name != turns) {
        text.append_pair(name, value);
    }
    text.append_pair(turns, &value.to_string());
    format!("{path}?{}", text.finish())
}

/// The same for numbered pages of so many rows; `None` after the last.
pub(super) fn next_page_href(
    path: &str,
    sent: &Pairs,
    (page, size): (u64, u64),
    count: u64,
) -> Option<String> {
    (page.saturating_mul(size) < count).then(|| next_href(path, sent, "page", page + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_asked_for_as_this_one_was() {
        let sent = Pairs::parse(b"name=a+%26+b&page=3&whose=mine");
        let next = |count| next_page_href("/api/queries/", &sent, (3, 100), count);
        assert_eq!(next(301).unwrap(), "/api/queries/?name=a+%26+b&whose=mine&page=4");
        assert_eq!(next(300), None);
        let first = Pairs::default();
        assert_eq!(next_href("/api/runs/", &first, "before", 7), "/api/runs/?before=7");
    }
}
