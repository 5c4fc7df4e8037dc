//! What every page has to be, in every state in which some test sees it: checked wherever a test reads an answer.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{LazyLock, Mutex},
};

use scraper::{ElementRef, Html, Selector};

/// Pages that were looked at already, by what they hold.
static SEEN: LazyLock<Mutex<HashSet<u64>>> = LazyLock::new(Mutex::default);

/// Attributes that lead a browser somewhere by itself or with what was typed.
const OWN: [&str; 6] = ["src", "action", "formaction", "data-poll", "data-events", "data-echo"];

/// Attributes that name the id of another element.
const REFERENCES: [&str; 5] = ["for", "aria-labelledby", "aria-describedby", "list", "data-filter"];

fn select(selector: &str) -> Selector {
    Selector::parse(selector).unwrap()
}

/// Panics where a page is not what each has to be.
#[track_caller]
pub(crate) fn check(html: &str) {
    let mut hasher = DefaultHasher::new();
    html.hash(&mut hasher);
    if SEEN.lock().unwrap().insert(hasher.finish())
        && let Some(fault) = fault_of(html)
    {
        panic!("{fault} in: {html}");
    }
}

/// Beginnings of elements that our templates draw and that no test types: as text they are a part that was escaped.
const ESCAPED: [&str; 4] = ["&#60;div ", "&#60;span ", "&#60;form ", "&#60;time "];

/// What is wrong with a page, if something is.
fn fault_of(html: &str) -> Option<String> {
    if let Some(part) = ESCAPED.iter().find(|part| html.contains(**part)) {
        return Some(format!("a part of the page was escaped ({part})"));
    }
    let page = Html::parse_document(html);
    let all: Vec<ElementRef<'_>> = page.select(&select("*")).collect();
    all.iter()
        .find_map(|element| needs_more_than_the_policy_allows(*element))
        .or_else(|| lost_reference(&all))
        .or_else(|| all.iter().find_map(|element| changes_by_get(*element)))
        .or_else(|| all.iter().find_map(|element| drops_what_is_typed(*element)))
        // A part that comes alone has no frame.
        .or_else(|| html.contains("<main").then(|| without_frame(&page)).flatten())
}

/// Text that came from data and became markup would show here as well.
fn needs_more_than_the_policy_allows(element: ElementRef<'_>) -> Option<String> {
    let value = element.value();
    let name = value.name();
    let is_script_of_ours = value.attr("src").is_some_and(|src| src.starts_with("/static/"));
    if ["style", "img", "iframe", "object"].contains(&name)
        || (name == "script" && !is_script_of_ours)
    {
        return Some(format!("<{name}>"));
    }
    value.attrs().find_map(|(attribute, text)| {
        let is_foreign = OWN.contains(&attribute) && !text.starts_with('/');
        let is_bad = attribute == "style" || attribute.starts_with("on") || is_foreign;
        is_bad.then(|| format!("{attribute}={text}"))
    })
}

fn lost_reference(all: &[ElementRef<'_>]) -> Option<String> {
    let mut ids = HashSet::new();
    if let Some(id) = all.iter().filter_map(|it| it.value().id()).find(|id| !ids.insert(*id)) {
        return Some(format!("the id {id} stands twice"));
    }
    all.iter().find_map(|element| {
        REFERENCES.iter().find_map(|attribute| {
            let wanted = element.value().attr(attribute)?;
            let lost = wanted.split_whitespace().find(|id| !ids.contains(id))?;
            Some(format!("{attribute} finds no {lost}"))
        })
    })
}

fn changes_by_get(element: ElementRef<'_>) -> Option<String> {
    let form = element.value();
    let is_get = form.name() == "form" && form.attr("method") != Some("post");
    // The choice of a table's columns looks, and searches nothing.
    let only_looks = form.attr("role") == Some("search") || form.attr("id") == Some("columns");
    (is_get && !only_looks)
        .then(|| format!("a form that is no search goes to {:?} by GET", form.attr("action")))
}

/// Of `1e` or `--5` a browser sends nothing at all where it knows that the field holds a number.
fn drops_what_is_typed(element: ElementRef<'_>) -> Option<String> {
    let input = element.value();
    let is_number = input.name() == "input" && input.attr("type") == Some("number");
    is_number.then(|| format!("the input {:?} is of the type number", input.attr("name")))
}

fn without_frame(page: &Html) -> Option<String> {
    ["h1", "head > title", "a.skip[href='#main']", "main#main"].into_iter().find_map(|selector| {
        let n = page.select(&select(selector)).count();
        (n != 1).then(|| format!("{n} times {selector}"))
    })
}

#[test]
fn what_no_page_may_have_is_found() {
    let page = |body: &str| {
        format!(
            "<html><head><title>t</title></head><body><a class=\"skip\" href=\"#main\">s</a>\
             <main id=\"main\"><h1>h</h1>{body}</main></body></html>"
        )
    };
    assert_eq!(fault_of(&page("<form method=\"post\" action=\"/x/\"></form>")), None);
    for bad in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(2)>",
        "<p style=\"color: red\">x</p>",
        "<a href=\"/\" onclick=\"x()\">x</a>",
        "<form method=\"post\" action=\"https://evil.example/\"></form>",
        "<form action=\"/x/\"></form>",
        "<p id=\"a\">x</p><p id=\"a\">y</p>",
        "<label for=\"nowhere\">x</label>",
        "<h1>second</h1>",
        "<input type=\"number\" name=\"n\">",
        "&#60;div class=&#34;box&#34;&#62;",
    ] {
        assert!(fault_of(&page(bad)).is_some(), "{bad}");
    }
}
