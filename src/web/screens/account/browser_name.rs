//! "Firefox on Linux": how a session is named on the profile page.

/// A browser and its system as its `User-Agent` says, in a form that says nothing more.
pub(super) fn browser_name(user_agent: &str) -> String {
    // Each browser also names those that it wants to be taken for: the most particular name counts.
    let browser = first_of(
        user_agent,
        &[
            ("Edg/", "Edge"),
            ("OPR/", "Opera"),
            ("Firefox/", "Firefox"),
            ("Chrome/", "Chrome"),
            ("Safari/", "Safari"),
            ("curl/", "curl"),
        ],
    );
    let system = first_of(
        user_agent,
        &[
            ("Android", "Android"),
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Windows", "Windows"),
            ("Mac OS X", "macOS"),
            ("Linux", "Linux"),
        ],
    );
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "Unknown browser".to_owned(),
    }
}

fn first_of(text: &str, names: &[(&str, &'static str)]) -> Option<&'static str> {
    names.iter().find(|(sign, _)| text.contains(sign)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named_by_their_most_particular_sign() {
        let linux = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)";
        assert_eq!(browser_name(&format!("{linux} Chrome/156.0 Safari/537.36")), "Chrome on Linux");
        assert_eq!(
            browser_name(&format!("{linux} Chrome/156.0 Safari/537.36 Edg/156.0")),
            "Edge on Linux"
        );
        assert_eq!(
            browser_name("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"),
            "Firefox on Windows"
        );
        assert_eq!(browser_name("<script>"), "Unknown browser");
    }
}
