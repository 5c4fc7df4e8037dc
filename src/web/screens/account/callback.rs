//! `/accounts/callback/`: back from the provider, with an answer that is checked before anything is believed.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};

use super::{browser_name::browser_name, provider_redirect::browser_key};
use crate::{
    actions::sign_in::{Arrival, Callback, Refusal, Refused},
    domain::{grant::GoogleRight, member::Member},
    google::oauth::OAuthError,
    storage::NewSession,
    web::{
        Site,
        door::session::BrowserSession,
        frame::{
            chrome::{Chrome, Section},
            context::{Frame, redirect_with},
            error::Error,
            extract::Pairs,
            flash::Note,
        },
        paths,
        state::Accounts,
        widgets::{
            controls::{HiddenValue, Link},
            words::{hidden, link},
        },
    },
};

/// A way to the provider that did not lead to what was wanted.
#[derive(Clone, Debug, Template)]
#[template(path = "screens/account/callback.html")]
struct RefusedPage {
    chrome: Chrome,
    title: String,
    /// The same in sentences that say what to do.
    sentences: Vec<String>,
    again: Option<TryAgain>,
    links: Vec<Link>,
}

/// A form that begins the way anew.
#[derive(Clone, Debug)]
struct TryAgain {
    label: String,
    action: String,
    hidden: Vec<HiddenValue>,
}

/// Longest parameter of an answer, bytes.
const MAX_PARAMETER: usize = 4096;

/// `GET /accounts/callback/?code=&state=` or `?error=&state=`
pub(in crate::web) async fn get(
    State(site): State<Arc<Site>>,
    accounts: Accounts,
    frame: Frame,
    session: BrowserSession,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Error> {
    // Providers add names of their own, which are theirs to choose.
    let query = Pairs::parse(uri.query().unwrap_or_default().as_bytes());
    let Some(callback) = read(&query) else {
        return refused_page(&frame, Refusal::Malformed.into());
    };
    let key = browser_key(&headers, &site);
    match accounts.sign_in.arrive(callback, key, frame.visitor.as_ref()).await {
        Ok(Arrival::SignedIn { member, next }) => {
            session.begin(new_session(&member, &headers)).await?;
            Ok(Redirect::to(&next).into_response())
        }
        Ok(Arrival::Connected { next, .. }) if next.starts_with(paths::QUERY_PAGES) => {
            Ok(redirect_with(Note::ConnectedForRun, &next))
        }
        Ok(Arrival::Connected { next, .. }) => Ok(redirect_with(Note::Connected, &next)),
        Err(refused) => refused_page(&frame, refused),
    }
}

/// The parameters, if each that matters is there once. What is doubled may be read differently by others.
fn read(query: &Pairs) -> Option<Callback> {
    let mut names: Vec<&str> = query.iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return None;
    }
    if query.iter().any(|(_, value)| value.len() > MAX_PARAMETER) {
        return None;
    }
    // What is there counts, also where it is empty or no text: nothing that is odd is passed over.
    let there = |name: &str| query.iter().find(|(key, _)| *key == name).map(|(_, value)| value);
    let outcome = match (there("code"), there("error")) {
        (Some(_), None) => Ok(query.text("code")?.to_owned()),
        (None, Some(_)) => Err(error_word(query.text("error")?)),
        _ => return None,
    };
    let issuer = there("iss").map(str::to_owned);
    Some(Callback { state: query.text("state")?.to_owned(), outcome, issuer })
}

/// The provider's word for an error, of which nothing is repeated that is no word.
fn error_word(text: &str) -> String {
    let is_word =
        text.len() <= 60 && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    if is_word { text.to_owned() } else { "it did not say why".to_owned() }
}

fn new_session(member: &Member, headers: &HeaderMap) -> NewSession {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    NewSession { member_id: member.id, browser: browser_name(agent.unwrap_or_default()) }
}

/// The page that says why it came to nothing, and offers to try again.
pub(super) fn refused_page(frame: &Frame, refused: Refused) -> Result<Response, Error> {
    let Refused { why, next, scopes } = refused;
    let why = match why {
        Refusal::NotDone(error) => return Err(error.into()),
        Refusal::Cipher(error) => return Err(Error::Internal(error.into())),
        other => other,
    };
    let scope = scopes.first().copied();
    let next = next.unwrap_or_else(|| "/".to_owned());
    let page = RefusedPage {
        chrome: frame.chrome(Section::Elsewhere),
        title: title(&why, scope, frame.visitor.is_some()).to_owned(),
        sentences: vec![why.to_string()],
        again: Some(try_again(&why, scope, &next)),
        links: if frame.visitor.is_some() {
            vec![link(if next == "/" { "Start page" } else { "Back" }, next)]
        } else {
            Vec::new()
        },
    };
    Ok(frame.render_as(status(&why), &page))
}

fn title(why: &Refusal, scope: Option<GoogleRight>, is_in: bool) -> &'static str {
    match why {
        Refusal::Stranger { .. } | Refusal::AddressTaken { .. } | Refusal::Unverified => {
            "No access yet"
        }
        Refusal::NotGranted(_) => "One permission is missing",
        Refusal::OtherAccount { .. } => "Another account was chosen",
        Refusal::Declined if scope.is_some() => "Google was not connected",
        Refusal::Declined => "You were not signed in",
        Refusal::OAuth(OAuthError::Unreachable(_) | OAuthError::BadProvider(_)) => {
            "Try again later"
        }
        _ if scope.is_some() => "Google was not connected",
        _ if is_in => "You are signed in already",
        _ => "You were not signed in",
    }
}

fn status(why: &Refusal) -> StatusCode {
    match why {
        Refusal::Stranger { .. }
        | Refusal::AddressTaken { .. }
        | Refusal::Unverified
        | Refusal::NotGranted(_)
        | Refusal::OtherAccount { .. }
        | Refusal::NotTheirs
        | Refusal::Declined => StatusCode::FORBIDDEN,
        Refusal::OAuth(OAuthError::Unreachable(_) | OAuthError::BadProvider(_))
        | Refusal::Provider(_)
        | Refusal::NotDone(_)
        | Refusal::Cipher(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn try_again(why: &Refusal, scope: Option<GoogleRight>, next: &str) -> TryAgain {
    if let Some(scope) = scope
        && !matches!(why, Refusal::NotTheirs)
    {
        return TryAgain {
            label: "Connect again".to_owned(),
            action: paths::CONNECT.to_owned(),
            hidden: vec![hidden("scope", scope.id()), hidden("next", next)],
        };
    }
    let mut fields = vec![hidden("next", next)];
    let is_account = matches!(
        why,
        Refusal::Stranger { .. } | Refusal::AddressTaken { .. } | Refusal::Unverified
    );
    if is_account {
        fields.push(hidden("account", "choose"));
    }
    TryAgain {
        label: if is_account { "Use another account" } else { "Sign in again" }.to_owned(),
        action: paths::SIGN_IN.to_owned(),
        hidden: fields,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callback(query: &str) -> Option<Callback> {
        read(&Pairs::parse(query.as_bytes()))
    }

    #[test]
    fn an_answer_is_whole_and_says_each_thing_once() {
        let found = callback("code=c&state=s&scope=a+b&authuser=0&prompt=consent").unwrap();
        assert_eq!((found.outcome, found.state.as_str()), (Ok("c".to_owned()), "s"));
        let refused = callback("error=access_denied&state=s&iss=https://a.example").unwrap();
        assert_eq!(refused.outcome, Err("access_denied".to_owned()));
        assert_eq!(refused.issuer.as_deref(), Some("https://a.example"));
        for bad in [
            "",
            "code=c",
            "state=s",
            "state=&code=c",
            "code=c&code=d&state=s",
            "code=c&state=s&state=t",
            "code=c&error=access_denied&state=s",
            "error=a&error=b&state=s",
            "code=c&state=s&scope=a&scope=b",
            "code=c%00&state=s",
            "code=c&error=&state=s",
            "code=c&error=%00&state=s",
        ] {
            assert!(callback(bad).is_none(), "{bad}");
        }
        assert!(callback(&format!("code={}&state=s", "c".repeat(5000))).is_none());
    }

    #[test]
    fn an_errors_word_is_a_word() {
        let found = callback("error=%3Cscript%3E&state=s").unwrap();
        assert_eq!(found.outcome, Err("it did not say why".to_owned()));
    }
}
