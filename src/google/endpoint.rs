//! Where a service of Google's is.

use url::Url;

/// Where a service is, and whether that is an emulator: its own address, or an emulator at `HOST:PORT`. The error is what is no
/// such address.
pub fn endpoint(own: &str, emulator: Option<&str>) -> Result<(Url, bool), String> {
    let Some(host) = emulator.filter(|host| !host.is_empty()) else {
        return Url::parse(own).map(|url| (url, false)).map_err(|_| own.to_owned());
    };
    Url::parse(&format!("http://{host}/"))
        .ok()
        .filter(|url| url.path() == "/" && url.host().is_some() && url.query().is_none())
        .map(|url| (url, true))
        .ok_or_else(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emulator_is_a_host_and_a_port_and_nothing_else() {
        let at = |emulator| endpoint("https://pubsub.googleapis.com/", emulator);
        for none in [None, Some("")] {
            assert_eq!(at(none).unwrap().0.as_str(), "https://pubsub.googleapis.com/");
            assert!(!at(none).unwrap().1);
        }
        let (url, is_emulator) = at(Some("localhost:8085")).unwrap();
        assert_eq!((url.as_str(), is_emulator), ("http://localhost:8085/", true));
        for bad in ["http://localhost:8085", "localhost:8085/v1", "localhost:8085?x", ":8085", " "]
        {
            assert_eq!(at(Some(bad)), Err(bad.to_owned()));
        }
    }
}
