//! What the deployment calls itself, and who uses it.

use std::net::{IpAddr, SocketAddr};

use url::Url;

use crate::domain::sharing::Asker;

/// A deployment.
#[derive(Clone, Debug)]
pub struct Site {
    public_url: Url,
    /// `Host` headers that are ours: a page of another name that resolves to our address (DNS rebinding) is refused.
    hosts: Vec<String>,
    users: Users,
    trusted_proxies: Vec<IpAddr>,
}

/// Who uses a deployment.
#[derive(Clone, Debug)]
enum Users {
    /// One person on this computer.
    Local(Asker),
    /// People who sign in at a provider, whose scheme, host and port these are.
    SignedIn { provider_origin: String },
}

impl Site {
    /// A deployment in local mode: one user, no sign-in, reached by loopback names only.
    pub fn local(public_url: Url, address: SocketAddr, asker: Asker) -> Self {
        let port = address.port();
        let mut hosts: Vec<String> = ["127.0.0.1", "localhost", "[::1]"]
            .iter()
            .map(|name| format!("{name}:{port}"))
            .collect();
        if port == 80 {
            hosts.extend(["127.0.0.1", "localhost", "[::1]"].map(str::to_owned));
        }
        hosts.extend(host_of(&public_url));
        Self { public_url, hosts, users: Users::Local(asker), trusted_proxies: Vec::new() }
    }

    /// A deployment whose people sign in; it answers to its public name only.
    pub fn shared(public_url: Url, provider_origin: String) -> Self {
        let hosts = host_of(&public_url).into_iter().collect();
        let users = Users::SignedIn { provider_origin };
        Self { public_url, hosts, users, trusted_proxies: Vec::new() }
    }

    /// The same behind proxies whose word on a client's address is believed.
    #[must_use]
    pub fn trusting(self, proxies: &[IpAddr]) -> Self {
        Self { trusted_proxies: proxies.to_vec(), ..self }
    }

    /// The address that users type.
    pub fn public_url(&self) -> &Url {
        &self.public_url
    }

    /// Whether browsers reach it by https, so that cookies can be kept to that.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// Whether a `Host` header is one of ours.
    pub fn is_own_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host))
    }

    /// Whether an `Origin` header is one of ours: our scheme and one of our hosts.
    pub fn is_own_origin(&self, origin: &str) -> bool {
        origin.split_once("://").is_some_and(|(scheme, host)| {
            scheme == self.public_url.scheme() && self.is_own_host(host)
        })
    }

    /// What the user of local mode may see and change; `None` where people sign in.
    pub fn local_asker(&self) -> Option<&Asker> {
        match &self.users {
            Users::Local(asker) => Some(asker),
            Users::SignedIn { .. } => None,
        }
    }

    /// Scheme, host and port of the provider, where people sign in.
    pub fn provider_origin(&self) -> Option<&str> {
        match &self.users {
            Users::Local(_) => None,
            Users::SignedIn { provider_origin } => Some(provider_origin),
        }
    }

    /// The address of a client: the peer's, unless that is a proxy of ours, which says whom it speaks for.
    pub fn client_address(&self, peer: IpAddr, forwarded_for: Option<&str>) -> IpAddr {
        if !self.trusted_proxies.contains(&peer) {
            return peer;
        }
        // The last address that is not a proxy of ours; what stands before it anybody can have written.
        let addresses = forwarded_for.unwrap_or_default().split(',').rev();
        addresses
            .map_while(|text| address_of(text.trim()))
            .find(|address| !self.trusted_proxies.contains(address))
            .unwrap_or(peer)
    }
}

/// An address, with or without the port that some proxies add.
fn address_of(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

fn host_of(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared() -> Site {
        let url = Url::parse("https://alerts.obs.example").unwrap();
        let origin = "https://accounts.google.com".to_owned();
        Site::shared(url, origin)
    }

    #[test]
    fn a_shared_deployment_answers_to_its_public_name_only() {
        let site = shared();
        assert!(site.is_own_host("alerts.obs.example"));
        assert!(site.is_own_origin("https://alerts.obs.example"));
        for foreign in ["127.0.0.1:8000", "localhost:8000", "obs.example", "alerts.obs.example:80"]
        {
            assert!(!site.is_own_host(foreign), "{foreign}");
        }
        assert!(!site.is_own_origin("http://alerts.obs.example"));
    }

    #[test]
    fn only_a_proxy_of_ours_is_believed() {
        let (proxy, client) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([192, 0, 2, 7]));
        let site = shared().trusting(&[proxy, IpAddr::from([10, 0, 0, 2])]);
        assert_eq!(site.client_address(client, Some("198.51.100.1")), client);
        assert_eq!(site.client_address(proxy, Some("198.51.100.1, 192.0.2.7")), client);
        assert_eq!(site.client_address(proxy, Some("192.0.2.7, 10.0.0.2")), client);
        assert_eq!(site.client_address(proxy, Some("nonsense")), proxy);
        for written in ["192.0.2.7:51234", "::ffff:192.0.2.7", "[::ffff:192.0.2.7]:443"] {
            assert_eq!(site.client_address(proxy, Some(written)), client, "{written}");
        }
        assert_eq!(site.client_address(proxy, None), proxy);
    }
}
