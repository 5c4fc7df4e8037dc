//! Every page in every state, rendered: empty, full, failing, and with hostile text.

mod accounts;
mod alerts;
mod forms;
mod frame;
mod listeners;
mod queries;
mod runs;
mod subscriptions;
mod targets;
mod team;

use std::collections::HashSet;

use scraper::{Html, Selector};

/// Text that must never reach a page unescaped.
const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\u{202e}'";

/// A rendered page and the name of its state.
struct Sample {
    name: &'static str,
    html: String,
}

fn sample(name: &'static str, page: &impl askama::Template) -> Sample {
    Sample { name, html: page.render().expect("a sample renders") }
}

fn all() -> Vec<Sample> {
    let groups = [
        queries::samples(),
        forms::samples(),
        listeners::samples(),
        runs::samples(),
        alerts::samples(),
        targets::samples(),
        accounts::samples(),
        subscriptions::samples(),
        team::samples(),
    ];
    groups.into_iter().flatten().collect()
}

fn select(selector: &str) -> Selector {
    Selector::parse(selector).expect("a selector of this test")
}

#[test]
fn hostile_text_stays_text() {
    let scripts = select("script:not([src$='app.js']), img, [onerror]");
    for Sample { name, html } in all() {
        let found = Html::parse_document(&html).select(&scripts).count();
        assert_eq!(found, 0, "{name} holds markup that came from data");
    }
}

#[test]
fn hostile_text_is_in_the_samples() {
    let shown = all().iter().filter(|sample| sample.html.contains("&#60;script&#62;")).count();
    assert!(shown >= 5, "only {shown} samples hold hostile text");
}

#[test]
fn no_page_needs_more_than_the_content_security_policy_allows() {
    for Sample { name, html } in all() {
        let page = Html::parse_document(&html);
        for element in page.select(&select("*")) {
            let element = element.value();
            assert!(element.name() != "style", "{name} has a <style>");
            for (attribute, value) in element.attrs() {
                assert!(attribute != "style", "{name} has a style attribute");
                assert!(!attribute.starts_with("on"), "{name} has {attribute}");
                let outside = matches!(
                    attribute,
                    "src" | "action" | "data-poll" | "data-events" | "data-echo"
                );
                assert!(!outside || value.starts_with('/'), "{name}: {attribute}={value}");
            }
        }
    }
}

#[test]
fn ids_are_unique_and_what_refers_to_them_finds_them() {
    for Sample { name, html } in all() {
        let page = Html::parse_document(&html);
        let mut ids = HashSet::new();
        for element in page.select(&select("[id]")) {
            let id = element.value().id().unwrap_or_default();
            assert!(ids.insert(id), "{name} has the id {id} twice");
        }
        for attribute in ["for", "aria-labelledby", "aria-describedby", "list", "data-filter"] {
            for element in page.select(&select(&format!("[{attribute}]"))) {
                let wanted = element.value().attr(attribute).unwrap_or_default();
                let lost = wanted.split_whitespace().find(|id| !ids.contains(id));
                assert_eq!(lost, None, "{name}: {attribute} finds nothing");
            }
        }
    }
}

#[test]
fn every_page_has_one_heading_a_title_and_a_way_past_the_navigation() {
    for Sample { name, html } in all() {
        let page = Html::parse_document(&html);
        if page.select(&select("main")).next().is_none() {
            continue; // a part that comes alone
        }
        for (what, selector) in
            [("h1", "h1"), ("title", "head > title"), ("skip link", "a.skip[href='#main']")]
        {
            assert_eq!(page.select(&select(selector)).count(), 1, "{name}: {what}");
        }
    }
}

#[test]
fn what_changes_something_is_sent_by_post() {
    for Sample { name, html } in all() {
        let page = Html::parse_document(&html);
        for form in page.select(&select("form")) {
            let action = form.value().attr("action").unwrap_or_default();
            let is_get = form.value().attr("method") == Some("get");
            assert!(!is_get || form.value().attr("role") == Some("search"), "{name}: {action}");
        }
    }
}

/// Writes the samples for browsers: `TOM_ALERTS_SAMPLES=folder cargo test samples_are_written`.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test has no settings; this asks where to write")]
fn samples_are_written_where_asked() {
    let Some(folder) = std::env::var_os("TOM_ALERTS_SAMPLES") else { return };
    let folder = std::path::PathBuf::from(folder);
    std::fs::create_dir_all(&folder).expect("the folder for samples can be made");
    for Sample { name, html } in all() {
        std::fs::write(folder.join(format!("{name}.html")), html).expect("a sample can be written");
    }
}
