//! Signing in as the settings have it: the OAuth client, the key for tokens, and who may reach the service.

use std::{fs, io::Write, net::SocketAddr, os::unix::fs::OpenOptionsExt, path::Path, sync::Arc};

use anyhow::Context;
use tracing::{info, warn};
use url::Url;

use crate::{
    actions::{
        credentials::Credentials,
        sign_in::{Policy, SignIn},
    },
    clock::Clock,
    config::{SecretKey, ServeConfig, SignInConfig, parse_key},
    domain::timing::Timing,
    google::{
        Access,
        cipher::{Cipher, KEY_LEN},
        oauth::{Client, Provider},
    },
    storage::Storage,
    web::Site,
};

/// File of the key in the data folder.
const KEY_FILE: &str = "secret.key";

/// Refuses to be reached by more than this computer where nobody signs in, or by a way that can be listened to.
pub(super) fn check_exposure(config: &ServeConfig) -> anyhow::Result<()> {
    let has_sign_in = config.sign_in.client().map_err(anyhow::Error::msg)?.is_some();
    anyhow::ensure!(
        has_sign_in || config.listen.ip().is_loopback(),
        "refusing to listen on {}: without sign-in everybody who reaches it could use it. Listen on a loopback \
         address such as 127.0.0.1:8000, or set up sign-in with PITTGOOGLE_OAUTH_CLIENT_ID and \
         PITTGOOGLE_OAUTH_CLIENT_SECRET",
        config.listen
    );
    let Some(url) = &config.public_url else {
        anyhow::ensure!(
            !has_sign_in || config.listen.ip().is_loopback(),
            "set --public-url to the https:// address that users type: sign-in needs it to come back to"
        );
        return Ok(());
    };
    let is_loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    anyhow::ensure!(
        !has_sign_in || url.scheme() == "https" || (url.scheme() == "http" && is_loopback),
        "refusing to serve {url}: sign-in needs an https:// address, or sessions could be stolen on the way"
    );
    anyhow::ensure!(
        !has_sign_in || url.scheme() == "https" || config.listen.ip().is_loopback(),
        "refusing to listen on {} for {url}: sessions could be stolen on the way. Listen on a loopback address, or give the https:// address that users type",
        config.listen
    );
    anyhow::ensure!(
        url.path() == "/" && url.query().is_none() && url.fragment().is_none(),
        "--public-url {url} has a path: the service must have a host of its own"
    );
    Ok(())
}

/// Signing in, if there is an OAuth client.
pub(super) async fn sign_in(
    settings: &SignInConfig,
    data_dir: &Path,
    public_url: &Url,
    storage: &Storage,
    clock: &Clock,
    timing: &Timing,
) -> anyhow::Result<Option<Arc<SignIn>>> {
    let Some(provider) = provider(settings, public_url, timing)? else { return Ok(None) };
    let cipher = cipher(settings, data_dir)?;
    check_keys(settings, &cipher, storage).await?;
    let policy =
        Policy { admins: settings.admins.clone(), domains: settings.allow_domains.clone() };
    if policy.admins.is_empty() {
        info!("The first to sign in will be admin");
    }
    let sign_in = SignIn::new(
        storage.clone(),
        Arc::new(provider),
        Arc::new(cipher),
        policy,
        clock.clone(),
        timing.grants,
    );
    Ok(Some(Arc::new(sign_in)))
}

/// As whom runs act towards Google: as the deployment, or as those who signed in.
pub(super) fn credentials(deployment: Access, sign_in: Option<&SignIn>) -> Credentials {
    match sign_in {
        Some(sign_in) => Credentials::with_grants(deployment, sign_in.grants().clone()),
        None => deployment.into(),
    }
}

/// What the deployment calls itself, and who uses it.
pub(super) async fn site(
    sign_in: Option<&SignIn>,
    public_url: Url,
    address: SocketAddr,
    storage: &Storage,
) -> anyhow::Result<Site> {
    Ok(match sign_in {
        Some(sign_in) => Site::shared(public_url, sign_in.provider_origin()),
        None => Site::local(public_url, address, storage.local_asker().await?),
    })
}

/// The provider at which people sign in, if there is an OAuth client.
pub(super) fn provider(
    settings: &SignInConfig,
    public_url: &Url,
    timing: &Timing,
) -> anyhow::Result<Option<Provider>> {
    let Some((client_id, client_secret)) = settings.client().map_err(anyhow::Error::msg)? else {
        return Ok(None);
    };
    let redirect_uri = public_url.join("accounts/callback/")?.to_string();
    info!("People sign in at {}; they come back to {redirect_uri}", settings.oauth_issuer);
    let issuer = settings.oauth_issuer.clone();
    let client = Client { issuer, client_id, client_secret, redirect_uri };
    Provider::new(client, timing).map(Some).context("TOM_ALERTS_OAUTH_ISSUER")
}

fn cipher(settings: &SignInConfig, data_dir: &Path) -> anyhow::Result<Cipher> {
    let key = match &settings.secret_key {
        Some(key) => key.clone(),
        None => key_of_folder(data_dir)?,
    };
    cipher_of(&key, settings)
}

/// What encrypts tokens under this key, and reads those that are under the one before.
pub(super) fn cipher_of(key: &SecretKey, settings: &SignInConfig) -> anyhow::Result<Cipher> {
    let previous = settings.secret_key_previous.as_ref().map(|key| &key.0);
    Cipher::new(&key.0, previous).context("the secret key cannot be used")
}

/// The key that is kept in the data folder; made when it is first needed, readable by us alone.
fn key_of_folder(data_dir: &Path) -> anyhow::Result<SecretKey> {
    let path = data_dir.join(KEY_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => {
            return parse_key(&text)
                .map_err(anyhow::Error::msg)
                .with_context(|| format!("{} is not a key", path.display()));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => {
            return Err(error).with_context(|| format!("{} cannot be read", path.display()));
        }
    }
    let mut key = [0; KEY_LEN];
    aws_lc_rs::rand::fill(&mut key).map_err(|_| anyhow::anyhow!("the system has no randomness"))?;
    let text = key.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    fs::create_dir_all(data_dir)
        .with_context(|| format!("the data folder {} cannot be made", data_dir.display()))?;
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("{} cannot be written", path.display()))?;
    info!("Made a key for tokens in {}", path.display());
    Ok(SecretKey(key))
}

/// A replica with another key than the others could read none of their tokens, and would spoil them.
async fn check_keys(
    settings: &SignInConfig,
    cipher: &Cipher,
    storage: &Storage,
) -> anyhow::Result<()> {
    let key_ids = cipher.key_ids();
    if settings.forget_other_keys {
        let n = storage.forget_foreign_credentials(&key_ids).await?;
        warn!("Deleted the tokens of {n} members that were under other keys; they connect again");
        return Ok(());
    }
    let n = storage.count_foreign_credentials(&key_ids).await?;
    anyhow::ensure!(
        n == 0,
        "tokens of members in the database ({n}) are encrypted under a key that is not given. Give every replica \
         the same TOM_ALERTS_SECRET_KEY, and the one before it as TOM_ALERTS_SECRET_KEY_PREVIOUS; or start once with \
         --forget-other-keys, and those members will connect to Google again"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::config::Cli;

    fn exposure(arguments: &[&str]) -> Result<(), String> {
        let cli = Cli::parse_from(std::iter::once("tom-alerts").chain(arguments.iter().copied()));
        check_exposure(&cli.serve).map_err(|error| error.to_string())
    }

    #[test]
    fn without_sign_in_only_this_computer_is_served() {
        assert!(exposure(&[]).is_ok());
        assert!(exposure(&["--listen", "[::1]:8000"]).is_ok());
        for open in ["0.0.0.0:8000", "[::]:8000", "10.0.0.7:80"] {
            assert!(
                exposure(&["--listen", open]).unwrap_err().contains("without sign-in"),
                "{open}"
            );
        }
    }

    #[test]
    fn with_sign_in_the_address_must_be_safe() {
        let client = ["--oauth-client-id", "us", "--oauth-client-secret", "s"];
        let exposed = |more: &[&str]| exposure(&[&client, more].concat());
        assert!(exposed(&[]).is_ok());
        assert!(exposed(&["--public-url", "http://localhost:8000"]).is_ok());
        assert!(
            exposed(&["--listen", "0.0.0.0:8000", "--public-url", "https://alerts.obs.example"])
                .is_ok()
        );
        assert!(exposed(&["--listen", "0.0.0.0:8000"]).unwrap_err().contains("--public-url"));
        assert!(
            exposed(&["--public-url", "http://alerts.obs.example"]).unwrap_err().contains("https")
        );
        let open = ["--listen", "[::]:8000", "--public-url", "http://127.0.0.1:8000"];
        assert!(exposed(&open).unwrap_err().contains("loopback"));
        assert!(
            exposed(&["--public-url", "https://obs.example/alerts/"]).unwrap_err().contains("path")
        );
    }

    #[test]
    fn the_key_of_a_folder_is_made_once_and_is_ours_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let made = key_of_folder(folder.path()).unwrap();
        assert_eq!(key_of_folder(folder.path()).unwrap().0, made.0);
        let file = fs::metadata(folder.path().join(KEY_FILE)).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
        fs::write(folder.path().join(KEY_FILE), "nonsense").unwrap();
        assert!(key_of_folder(folder.path()).is_err());
    }
}
