//! Requests as lines for a shell.

use serde_json::Value;
use url::form_urlencoded;

/// How requests to this service are written.
pub(super) struct Curl<'b> {
    /// The service's own address, without a slash at its end.
    pub(super) base: &'b str,
    /// Whether programs show a token.
    pub(super) has_tokens: bool,
}

impl Curl<'_> {
    /// A request; of a thing in the path, the first one.
    pub(super) fn line(&self, method: &str, path: &str, body: Option<&Value>) -> String {
        let mut parts = vec!["curl".to_owned()];
        let usual = if body.is_some() { "post" } else { "get" };
        if method != usual {
            parts.push(format!("-X {}", method.to_uppercase()));
        }
        if self.has_tokens {
            parts.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
        }
        if body.is_some() {
            parts.push("-H 'Content-Type: application/json'".to_owned());
        }
        let path = path.replace("{survey}", "ztf");
        let path =
            ["{id}", "{run_id}", "{source_id}"].iter().fold(path, |it, id| it.replace(id, "1"));
        parts.push(quoted(&format!("{}{path}", self.base)));
        parts.extend(body.map(|body| format!("-d {}", quoted(&body.to_string()))));
        parts.join(" ")
    }
}

/// A path with the first parameter that has an example.
pub(super) fn with_example(path: &str, parameters: &[Value]) -> String {
    let example = parameters.iter().find_map(|parameter| {
        Some((parameter["name"].as_str()?, parameter.get("example")?.as_str()?))
    });
    example.map_or(path.to_owned(), |(name, value)| {
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
        format!("{path}?{query}")
    })
}

/// A word that a shell takes as it stands.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_says_what_its_request_needs() {
        let curl = Curl { base: "https://alerts.example", has_tokens: true };
        assert_eq!(
            curl.line("get", "/api/runs/{id}/", None),
            "curl -H \"Authorization: Bearer $TOKEN\" 'https://alerts.example/api/runs/1/'"
        );
        let curl = Curl { base: "http://127.0.0.1:8000", has_tokens: false };
        assert_eq!(
            curl.line("post", "/api/targets/", Some(&json!({"name": "Barnard's star"}))),
            r#"curl -H 'Content-Type: application/json' 'http://127.0.0.1:8000/api/targets/' -d '{"name":"Barnard'\''s star"}'"#
        );
        assert_eq!(
            curl.line("delete", "/api/targets/{id}/", None),
            "curl -X DELETE 'http://127.0.0.1:8000/api/targets/1/'"
        );
    }

    #[test]
    fn an_example_of_a_parameter_stands_in_the_address() {
        let parameters = [
            json!({"name": "page"}),
            json!({"name": "cone_search", "example": "83.63, 22.01, 30"}),
            json!({"name": "order", "example": "-mag"}),
        ];
        let path = with_example("/api/targets/", &parameters);
        assert_eq!(path, "/api/targets/?cone_search=83.63%2C+22.01%2C+30");
        assert_eq!(with_example("/api/targets/", &parameters[..1]), "/api/targets/");
    }
}
