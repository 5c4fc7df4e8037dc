//! Members of a body that may turn out to be of another type than described: their handlers say so by their names.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// Reads a member; `None` where it is null, or of another type.
pub(super) fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let sent = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(sent).ok())
}

/// Keeps a member as it was sent, also where that is null.
pub(super) fn as_sent<'de, D>(deserializer: D) -> Result<Option<Value>, D::Error>
where
    D: Deserializer<'de>,
{
    Value::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Body {
        #[serde(default, deserialize_with = "lenient")]
        version: Option<i64>,
    }

    #[test]
    fn what_is_no_number_is_as_if_it_were_not_there() {
        let version = |text: &str| serde_json::from_str::<Body>(text).unwrap().version;
        assert_eq!(version(r#"{"version": 7}"#), Some(7));
        for other in [
            "{}",
            r#"{"version": null}"#,
            r#"{"version": "7"}"#,
            r#"{"version": 7.5}"#,
            r#"{"version": [7]}"#,
            r#"{"version": 99999999999999999999}"#,
        ] {
            assert_eq!(version(other), None, "{other}");
        }
    }
}
