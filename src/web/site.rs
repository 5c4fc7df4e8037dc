//! What the deployment calls itself, and who uses it.

use std::net::SocketAddr;

use url::Url;

use crate::domain::member::Member;

/// A deployment.
#[derive(Clone, Debug)]
pub struct Site {
    public_url: Url,
    /// `Host` headers that are ours: a page of another name that resolves to our address (DNS rebinding) is refused.
    hosts: Vec<String>,
    local_member: Member,
}

impl Site {
    /// A deployment in local mode: one user, no sign-in, reached by loopback names only.
    pub fn new(public_url: Url, address: SocketAddr, local_member: Member) -> Self {
        let port = address.port();
        let mut hosts: Vec<String> = ["127.0.0.1", "localhost", "[::1]"]
            .iter()
            .map(|name| format!("{name}:{port}"))
            .collect();
        if port == 80 {
            hosts.extend(["127.0.0.1", "localhost", "[::1]"].map(str::to_owned));
        }
        if let Some(host) = public_url.host_str() {
            hosts.push(
                public_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            );
        }
        Self { public_url, hosts, local_member }
    }

    /// The address that users type.
    pub fn public_url(&self) -> &Url {
        &self.public_url
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

    /// The user of local mode.
    pub fn local_member(&self) -> &Member {
        &self.local_member
    }
}
