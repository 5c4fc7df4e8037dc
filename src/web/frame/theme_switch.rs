//! The colours of a page that was drawn before: they are those of today, and choosing others leads back to where it is now.

use askama::Template;

use super::chrome::Chrome;

/// What every page begins with, up to the name of its colours.
const BEFORE_THEME: &str = "<html lang=\"en\" data-theme=\"";

/// How the form begins by which the colours are chosen.
const FORM: &str = "<form class=\"menu-body\" method=\"post\" action=\"/theme/\"";
const FORM_END: &str = "</form>";

#[derive(Template)]
#[template(path = "frame/theme_switch.html")]
struct ThemeSwitch<'c> {
    chrome: &'c Chrome,
}

/// A page that was drawn before, in the colours and with the address of this frame. Both places come before all that anybody
/// has typed.
pub(crate) fn in_todays_colours(page: &str, chrome: &Chrome) -> askama::Result<String> {
    let switch = ThemeSwitch { chrome }.render()?;
    let page = replace_between(
        page,
        BEFORE_THEME,
        "\"",
        &format!("{BEFORE_THEME}{}\"", chrome.theme.id()),
    );
    Ok(replace_between(&page, FORM, FORM_END, switch.trim_end()))
}

/// Puts a text in the place of the first that begins and ends so.
fn replace_between(page: &str, begin: &str, end: &str, with: &str) -> String {
    let Some((before, rest)) = page.split_once(begin) else { return page.to_owned() };
    let Some((_, after)) = rest.split_once(end) else { return page.to_owned() };
    [before, with, after].concat()
}
