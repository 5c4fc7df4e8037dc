//! Members of a team at their browsers, and programs with their tokens.

use reqwest::RequestBuilder;
use serde_json::Value;
use sqlx::PgPool;

use crate::{
    google_double::Account,
    sign_in::{Browser, Deployment},
    support::Answer,
};

/// A member at a browser.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) id: i64,
    pub(super) browser: Browser,
}

/// An address of the house.
pub(super) fn address_of(name: &str) -> String {
    format!("{name}@obs.example")
}

/// Makes a member as if they had signed in once; their id.
pub(super) async fn insert_member(deployment: &Deployment, name: &str, role: &str) -> i64 {
    let account = Account::new(&address_of(name));
    sqlx::query_scalar(
        "insert into member (name, email, issuer, subject, role) values ($1, $2, $3, $4, $5) returning id",
    )
    .bind(name)
    .bind(&account.email)
    .bind(deployment.google.issuer())
    .bind(&account.sub)
    .bind(role)
    .fetch_one(&deployment.pool)
    .await
    .unwrap()
}

/// A new member with a session.
pub(super) async fn enter(deployment: &Deployment, name: &str, role: &str) -> Person {
    let id = insert_member(deployment, name, role).await;
    Person { id, browser: at_browser(deployment, id).await }
}

/// A browser where a member is signed in.
pub(super) async fn at_browser(deployment: &Deployment, member_id: i64) -> Browser {
    let browser = deployment.browser();
    browser.put_cookie("sid", &deployment.session_of(member_id).await);
    browser
}

impl Person {
    pub(super) async fn get(&self, path: &str) -> Answer {
        self.browser.get(path).await
    }

    pub(super) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.browser.post(path, form).await
    }

    /// The same, and goes where it leads.
    pub(super) async fn post_to_page(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.browser.post_to_page(path, form).await
    }

    /// Sends JSON; a change of a query or a target reads it first, as a program should, unless it says what it has read.
    pub(super) async fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        let read = if is_versioned(method, path, body) { Some(self.get(path).await) } else { None };
        let body = with_version(body, read);
        self.browser.send(self.browser.request(method, path).json(&body)).await
    }

    /// Makes a group that they lead; its id.
    pub(super) async fn make_group(&self, name: &str) -> i64 {
        let made = self.post("/team/groups/", &[("name", name)]).await.expect(303);
        made.location().trim_matches('/').rsplit('/').next().unwrap().parse().unwrap()
    }

    /// Puts somebody into a group.
    pub(super) async fn put_into(&self, group: i64, member: i64) {
        let path = format!("/team/groups/{group}/add/");
        self.post(&path, &[("member", &member.to_string())]).await.expect(303);
    }

    /// With whom they share what they make.
    pub(super) async fn share_by_default(&self, groups: &[i64]) {
        let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
        let form: Vec<_> = groups.iter().map(|group| ("readers", group.as_str())).collect();
        self.post("/accounts/sharing/", &form).await.expect(303);
    }

    /// Makes a token on the page: `read` or `write`; what it is.
    pub(super) async fn make_token(&self, name: &str, access: &str) -> String {
        let form = [("name", name), ("access", access), ("days", "30")];
        let page = self.post_to_page("/accounts/tokens/", &form).await.expect(200);
        token_in(&page.body).unwrap_or_else(|| panic!("no token in {}", page.body))
    }

    /// Saves a target; its id.
    pub(super) async fn make_target(&self, name: &str) -> i64 {
        let body = serde_json::json!({"name": name, "ra": 10, "dec": 10});
        let made = self.json("POST", "/api/targets/", &body).await.expect(201);
        made.json()["id"].as_i64().unwrap()
    }

    /// Saves a query of the archive; its id.
    pub(super) async fn make_query(&self, name: &str) -> i64 {
        let body = query(name);
        let made = self.json("POST", "/api/queries/", &body).await.expect(201);
        made.json()["id"].as_i64().unwrap()
    }
}

/// A query of the archive, as the API takes it.
pub(super) fn query(name: &str) -> Value {
    serde_json::json!({
        "name": name, "broker": "archive", "parameters": {"folder": "night", "max_results": 10},
    })
}

/// A run of the same that is not kept as a query.
pub(super) fn unsaved() -> Value {
    let mut run = query("");
    run.as_object_mut().unwrap().remove("name");
    run
}

/// A program with a token, as its header has it.
#[derive(Clone)]
pub(super) struct Program {
    browser: Browser,
    authorization: String,
}

impl Program {
    pub(super) fn new(deployment: &Deployment, token: &str) -> Self {
        Self::showing(deployment, &format!("Bearer {token}"))
    }

    pub(super) fn showing(deployment: &Deployment, authorization: &str) -> Self {
        Self { browser: deployment.browser(), authorization: authorization.to_owned() }
    }

    pub(super) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.browser.request(method, path).header("authorization", &self.authorization)
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.browser.send(self.request("GET", path)).await
    }

    /// The same as [`Person::json`].
    pub(super) async fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        let read = if is_versioned(method, path, body) { Some(self.get(path).await) } else { None };
        let body = with_version(body, read);
        self.browser.send(self.request(method, path).json(&body)).await
    }
}

fn is_versioned(method: &str, path: &str, body: &Value) -> bool {
    let is_thing = path.starts_with("/api/targets/") || path.starts_with("/api/queries/");
    method == "PUT" && is_thing && !path.ends_with("sharing/") && body.get("version").is_none()
}

fn with_version(body: &Value, read: Option<Answer>) -> Value {
    let mut body = body.clone();
    if let Some(read) = read.filter(|read| read.status == 200) {
        body["version"] = read.json()["version"].clone();
    }
    body
}

/// The token that a page shows.
pub(super) fn token_in(page: &str) -> Option<String> {
    let at = page.find("tomalerts_")?;
    let is_letter = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || *c == '-';
    Some(page[at..].chars().take_while(is_letter).collect())
}

/// The link that the page of the team shows, as a path here.
pub(super) fn link_in(page: &str) -> Option<String> {
    let at = page.find("/accounts/join/")?;
    Some(page[at..].chars().take_while(|c| *c != '<' && *c != '"').collect())
}

/// Lines of the history as (actor, action, kind, name), oldest first.
pub(super) async fn lines(pool: &PgPool) -> Vec<(String, String, String, String)> {
    sqlx::query_as("select actor, action, kind, name from history order by id")
        .fetch_all(pool)
        .await
        .unwrap()
}
