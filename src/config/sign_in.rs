//! Settings of signing in: the OAuth client, the keys for secrets in the database, and who comes in without an invitation.

use clap::Args;

use crate::google::{Token, cipher::KEY_LEN};

/// Who may sign in, and where.
#[derive(Clone, Debug, Default, Args)]
pub struct SignInConfig {
    /// OAuth client of this deployment; without one the service is in local mode: one user, no sign-in, loopback only.
    #[arg(long, env = "PITTGOOGLE_OAUTH_CLIENT_ID", value_name = "ID")]
    pub oauth_client_id: Option<String>,
    /// Its secret.
    #[arg(long, env = "PITTGOOGLE_OAUTH_CLIENT_SECRET", hide_env_values = true, value_name = "SECRET", value_parser = parse_secret)]
    pub oauth_client_secret: Option<Token>,
    /// OpenID provider: the address below which its discovery document is.
    #[arg(
        long,
        env = "TOM_ALERTS_OAUTH_ISSUER",
        default_value = "https://accounts.google.com",
        value_name = "URL"
    )]
    pub oauth_issuer: String,
    /// Key that encrypts tokens in the database, 64 hexadecimal digits [default: made once, kept in the data folder].
    #[arg(long, env = "TOM_ALERTS_SECRET_KEY", hide_env_values = true, value_name = "KEY", value_parser = parse_key)]
    pub secret_key: Option<SecretKey>,
    /// The key before that one, while tokens under it are still in use.
    #[arg(long, env = "TOM_ALERTS_SECRET_KEY_PREVIOUS", hide_env_values = true, value_name = "KEY", value_parser = parse_key)]
    pub secret_key_previous: Option<SecretKey>,
    /// Start although tokens in the database are under keys that are not given: deletes those tokens.
    #[arg(long)]
    pub forget_other_keys: bool,
    /// Address of an admin; may be given several times [default: the first to sign in].
    #[arg(long = "admin", env = "TOM_ALERTS_ADMINS", value_delimiter = ',', value_name = "EMAIL", value_parser = parse_email)]
    pub admins: Vec<String>,
    /// Domain whose people may sign in without an invitation; may be given several times.
    #[arg(long = "allow-domain", env = "TOM_ALERTS_ALLOW_DOMAINS", value_delimiter = ',', value_name = "DOMAIN", value_parser = parse_domain)]
    pub allow_domains: Vec<String>,
}

impl SignInConfig {
    /// The OAuth client, if there is one whole. The names without `PITTGOOGLE_`, as pittgoogle-client has them, do as well.
    pub fn client(&self) -> Result<Option<(String, Token)>, String> {
        let id = self.oauth_client_id.clone().or_else(|| variable("OAUTH_CLIENT_ID"));
        let secret = self
            .oauth_client_secret
            .clone()
            .or_else(|| variable("OAUTH_CLIENT_SECRET").map(Token::new));
        match (id.filter(|id| !id.is_empty()), secret) {
            (None, None) => Ok(None),
            (Some(id), Some(secret)) => Ok(Some((id, secret))),
            (Some(_), None) => Err("an OAuth client id is given without its secret: set PITTGOOGLE_OAUTH_CLIENT_SECRET as well".to_owned()),
            (None, Some(_)) => Err("an OAuth client secret is given without its id: set PITTGOOGLE_OAUTH_CLIENT_ID as well".to_owned()),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "settings are read here and nowhere else")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A key. It is never printed.
#[derive(Clone)]
pub struct SecretKey(pub [u8; KEY_LEN]);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(secret)")
    }
}

/// Reads 64 hexadecimal digits.
pub fn parse_key(text: &str) -> Result<SecretKey, String> {
    let wrong = || {
        format!("{} hexadecimal digits, such as `openssl rand -hex {KEY_LEN}` writes", 2 * KEY_LEN)
    };
    let text = text.trim();
    if text.len() != 2 * KEY_LEN || !text.is_ascii() {
        return Err(wrong());
    }
    let mut key = [0; KEY_LEN];
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| wrong())?;
    }
    Ok(SecretKey(key))
}

#[expect(clippy::unnecessary_wraps, reason = "a parser of clap returns a result")]
fn parse_secret(text: &str) -> Result<Token, String> {
    Ok(Token::new(text.to_owned()))
}

pub(super) fn parse_email(text: &str) -> Result<String, String> {
    let email = text.trim().to_lowercase();
    match email.split_once('@') {
        Some((name, domain)) if !name.is_empty() && domain.contains('.') => Ok(email),
        _ => Err("an e-mail address".to_owned()),
    }
}

fn parse_domain(text: &str) -> Result<String, String> {
    let domain = text.trim().trim_start_matches('@').to_lowercase();
    let is_domain =
        domain.contains('.') && domain.chars().all(|c| c.is_alphanumeric() || "-.".contains(c));
    if is_domain { Ok(domain) } else { Err("a domain such as obs.example".to_owned()) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{super::Cli, *};

    #[test]
    fn keys_addresses_and_domains_are_read_and_secrets_are_not_shown() {
        let key = parse_key(&"0f".repeat(32)).unwrap();
        assert_eq!(key.0, [15; 32]);
        for wrong in ["", "0f", &"0g".repeat(32), &"0f".repeat(33), &"é".repeat(32)] {
            assert!(parse_key(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_email(" Boss@Obs.Example "), Ok("boss@obs.example".to_owned()));
        assert!(parse_email("boss").is_err());
        assert_eq!(parse_domain("@Obs.example"), Ok("obs.example".to_owned()));
        assert!(parse_domain("obs example").is_err());
        let config = Cli::parse_from([
            "tom-alerts",
            "--oauth-client-id",
            "us",
            "--oauth-client-secret",
            "s3cret",
            "--secret-key",
            &"ab".repeat(32),
        ]);
        let shown = format!("{config:?}");
        assert!(!shown.contains("s3cret") && !shown.contains("171, 171"), "{shown}");
        assert!(config.serve.sign_in.client().unwrap().is_some());
    }

    #[test]
    fn half_an_oauth_client_is_refused() {
        let half = Cli::parse_from(["tom-alerts", "--oauth-client-id", "us"]);
        assert!(half.serve.sign_in.client().unwrap_err().contains("SECRET"));
    }
}
