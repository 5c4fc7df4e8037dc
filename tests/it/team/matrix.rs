//! The authorisation matrix: every route, method, person and kind of thing, against the table of rules.

use std::{collections::BTreeSet, io::Write, panic::AssertUnwindSafe};

use futures::FutureExt;

use super::{
    rules::{Actor, Kind, LEAVES_NO_ROW, Outcome, RULES, Rule, SAYS},
    world::World,
};
use crate::{sign_in::routes, support::Answer};

/// Every rule with each kind of thing that it is tried on.
fn cells() -> impl Iterator<Item = (&'static Rule, Kind)> {
    RULES.iter().flat_map(|rule| rule.2.kinds().iter().map(move |kind| (rule, *kind)))
}

fn route_of(pattern: &str) -> &str {
    pattern.split('?').next().unwrap()
}

#[test]
fn every_route_has_a_rule_and_every_rule_a_route() {
    let declared: BTreeSet<(String, &str)> = routes::all()
        .into_iter()
        .flat_map(|route| {
            let pattern = route.pattern;
            route.methods.into_iter().map(move |method| (pattern.clone(), method))
        })
        .collect();
    let ruled: BTreeSet<(String, &str)> =
        RULES.iter().map(|rule| (route_of(rule.1).to_owned(), rule.0)).collect();
    let unruled: Vec<_> = declared.difference(&ruled).collect();
    assert!(unruled.is_empty(), "routes without a rule in tests/it/team/rules.rs: {unruled:?}");
    let stale: Vec<_> = ruled.difference(&declared).collect();
    assert!(stale.is_empty(), "rules without a route in tests/it/team/rules.rs: {stale:?}");
    let n_cells = cells().count() * Actor::ALL.len();
    let n_refused = Actor::ALL
        .iter()
        .flat_map(|actor| cells().map(move |(rule, kind)| outcome(*actor, rule, kind)))
        .filter(|outcome| !matches!(outcome, Outcome::Done | Outcome::Status(_)))
        .count();
    writeln!(
        std::io::stderr(),
        "{} routes with methods, {} rules, {n_cells} cells, of which {n_refused} are refused",
        declared.len(),
        RULES.len()
    )
    .unwrap();
    assert!(n_cells >= 500 && n_refused >= 500, "{n_cells} {n_refused}");
}

fn outcome(actor: Actor, rule: &Rule, kind: Kind) -> Outcome {
    rule.2.outcome(actor, kind, routes::is_api(rule.1))
}

/// Tries every cell of an actor, and tells of all that are not as the rules say.
async fn walk(actor: Actor) {
    let world = World::start().await;
    let mut wrong = Vec::new();
    for (rule, kind) in cells() {
        let cell = AssertUnwindSafe(check(&world, actor, rule, kind));
        if cell.catch_unwind().await.is_err() {
            wrong.push((actor, rule.0, rule.1, kind));
        }
    }
    assert!(wrong.is_empty(), "{} cells: {wrong:#?}", wrong.len());
}

async fn check(world: &World, actor: Actor, rule: &Rule, kind: Kind) {
    let (method, pattern, need, _) = *rule;
    let outcome = outcome(actor, rule, kind);
    let is_api = routes::is_api(pattern);
    world.restore(actor, rule).await;
    let before = world.picture().await;
    let answer = world.ask(actor, rule, Some(kind)).await;
    let status = answer.status.as_u16();
    let what = || {
        format!("{actor:?}: {method} {pattern} of {kind:?} ({need:?}) is {status}: {}", answer.body)
    };
    let is_file = answer.status.is_success() && pattern.ends_with("/bytes/");
    assert!(!is_api || answer.body.is_empty() || is_file || is_json(&answer), "{}", what());
    match outcome {
        Outcome::Done => {
            let says = SAYS.iter().find(|said| (said.0, said.1) == (method, route_of(pattern)));
            let is_done = says.map_or((200..400).contains(&status), |(_, _, says)| status == *says);
            assert!(is_done && !answer.location().starts_with("/accounts/login"), "{}", what());
            world.settle().await;
            let has_row = method != "GET" && !LEAVES_NO_ROW.contains(&route_of(pattern));
            assert_eq!(world.picture().await != before, has_row, "{}", what());
            return;
        }
        Outcome::Status(statuses) => {
            assert!(statuses.contains(&status), "{}", what());
            return;
        }
        Outcome::SignIn if is_api || method != "GET" => assert_eq!(status, 401, "{}", what()),
        Outcome::SignIn => {
            let is_sent = answer.location().starts_with("/accounts/login/");
            assert!(status == 303 && is_sent, "{}", what());
        }
        Outcome::Refused => assert_eq!(status, 403, "{}", what()),
        Outcome::Absent => assert_eq!(status, 404, "{}", what()),
        Outcome::AbsentOrRefused => assert!([403, 404].contains(&status), "{}", what()),
    }
    if matches!(outcome, Outcome::Absent | Outcome::AbsentOrRefused) {
        let absent = world.ask(actor, rule, None).await;
        let texts = [(Some(kind), &answer), (None, &absent)]
            .map(|(kind, answer)| World::without_ids(pattern, kind, answer));
        assert_eq!(answer.status, absent.status, "{}", what());
        assert_eq!(texts[0], texts[1], "it tells that there is something: {}", what());
        let headers = [&answer, &absent].map(header_names);
        assert_eq!(headers[0], headers[1], "{}", what());
    }
    assert_eq!(world.picture().await, before, "something was changed: {}", what());
}

fn is_json(answer: &Answer) -> bool {
    let kind = answer.headers.get("content-type").map(reqwest::header::HeaderValue::as_bytes);
    kind == Some(b"application/json")
        && serde_json::from_str::<serde_json::Value>(&answer.body).is_ok()
}

fn header_names(answer: &Answer) -> BTreeSet<String> {
    answer.headers.keys().map(ToString::to_string).collect()
}

/// A test for each actor, so that they go on beside one another.
macro_rules! walks {
    ($($name:ident: $actor:ident,)+) => {
        const WALKED: [Actor; 13] = [$(Actor::$actor),+];

        $(
            #[tokio::test]
            async fn $name() {
                walk(Actor::$actor).await;
            }
        )+
    };
}

walks! {
    nobody_gets_in: Anonymous,
    a_stranger_does_not_get_in: Stranger,
    who_was_removed_does_not_get_in: Removed,
    a_viewer_looks: Viewer,
    a_member_works: Member,
    an_owner_disposes_of_their_own: Owner,
    an_admin_disposes_of_what_is_shared: Admin,
    a_token_that_reads_opens_the_api_alone: ReadToken,
    a_token_that_writes_opens_the_api_alone: WriteToken,
    an_admins_token_that_reads_only_reads: AdminsReadToken,
    a_token_whose_time_is_over_opens_nothing: ExpiredToken,
    a_token_that_was_revoked_opens_nothing: RevokedToken,
    a_token_of_who_was_removed_opens_nothing: TokenOfRemoved,
}

#[test]
fn every_actor_walks() {
    assert!(Actor::ALL.iter().all(|actor| WALKED.contains(actor)), "{WALKED:?}");
}
