//! Names of projects and Pub/Sub resources: only what Google's grammar allows reaches a URL.

/// Whether a text can be the id of a project; the message says what is wrong.
/// <https://cloud.google.com/resource-manager/docs/creating-managing-projects> (an older id may begin with a domain
/// and a colon; an emulator takes shorter ones)
pub fn check_project(text: &str) -> Result<(), String> {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:".contains(c);
    let is_good = (3..=80).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(is_allowed);
    if is_good {
        Ok(())
    } else {
        Err("Enter the id of a Google Cloud project: lower-case letters, digits and hyphens, such as my-project-123.".to_owned())
    }
}

/// Whether a text can name a topic or a subscription; the message says what is wrong.
/// <https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names>
pub fn check_resource_name(text: &str) -> Result<(), String> {
    if text.starts_with("projects/") {
        return Err("Enter the name alone; the project has a field of its own.".to_owned());
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_.~+%".contains(c);
    if !(3..=255).contains(&text.len()) || !text.chars().all(is_allowed) {
        return Err("Use 3 to 255 letters, digits and - _ . ~ + %.".to_owned());
    }
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err("A name begins with a letter.".to_owned());
    }
    if text.to_ascii_lowercase().starts_with("goog") {
        return Err("Google keeps names that begin with \"goog\" for itself.".to_owned());
    }
    Ok(())
}

/// A checked name inside a path of a URL: of what the grammar allows only `%` and `+` would be read differently.
pub(super) fn encoded(name: &str) -> String {
    name.replace('%', "%25").replace('+', "%2B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_projects_follow_the_grammar() {
        for good in ["ardent-cycling-243415", "pitt-alert-broker", "abc", "example.com:my-proj"] {
            assert_eq!(check_project(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "ab",
            "1abc",
            "My-Project",
            "a b c",
            "a/b/c",
            "abc?x",
            "a\u{e9}bc",
            "abc#",
            "..abc",
        ] {
            assert!(check_project(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_of_resources_follow_the_grammar() {
        for good in ["ztf-loop", "ZTF_loop.2~+%", "a1-"] {
            assert_eq!(check_resource_name(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "ab",
            "1ab",
            "-ab",
            "goog-x",
            "Google",
            "a b",
            "a/b",
            "a:pull",
            "a?b",
            "a#b",
            "a\nb",
            "projects/p/topics/t",
            "../../x",
            &"a".repeat(256),
        ] {
            assert!(check_resource_name(bad).is_err(), "{bad}");
        }
        assert_eq!(encoded("a%2F+b"), "a%252F%2Bb");
    }
}
