//! Who may what, route by route, in the words of the team: written beside the service, not from it.

/// What somebody needs for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing: everybody gets one of these statuses, whoever they are.
    Nothing(&'static [u16]),
    /// To be in.
    In,
    /// To be in and more than a viewer.
    Work,
    /// To be an admin.
    Admin,
    /// To lead the group, or to be an admin.
    Lead,
    /// To have made it: the token, what an answer or a report answers.
    Own,
    /// To see the thing.
    See(Thing),
    /// To see the thing and be more than a viewer.
    Use(Thing),
    /// The right to change it.
    Change(Thing),
    /// The right to share it.
    Share(Thing),
    /// The right to delete it.
    Delete(Thing),
}

/// What a route is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Query,
    Run,
    Target,
}

/// How a thing is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Everybody sees it; its owner changes it.
    Team,
    /// Everybody sees and changes it.
    Kept,
    /// A group sees and changes it; of those who ask only its owner is in it.
    Group,
    /// Nobody but its owner sees it, who is somebody else.
    Private,
    /// Private, and made by who asks.
    Own,
    /// Everybody sees it; a group of the member's may share it further.
    Handed,
}

impl Kind {
    pub(super) const ALL: [Self; 6] =
        [Self::Team, Self::Kept, Self::Group, Self::Private, Self::Own, Self::Handed];
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actor {
    Anonymous,
    /// Signed in at the provider, and not let in here.
    Stranger,
    Viewer,
    Member,
    /// A member who made the things of [`Kind::Team`], `Kept`, `Group` and `Private`, and leads the group.
    Owner,
    Admin,
    /// With the cookie of a session from before.
    Removed,
    ReadToken,
    WriteToken,
    /// A token of an admin that reads only.
    AdminsReadToken,
    ExpiredToken,
    RevokedToken,
    TokenOfRemoved,
}

impl Actor {
    pub(super) const ALL: [Self; 13] = [
        Self::Anonymous,
        Self::Stranger,
        Self::Viewer,
        Self::Member,
        Self::Owner,
        Self::Admin,
        Self::Removed,
        Self::ReadToken,
        Self::WriteToken,
        Self::AdminsReadToken,
        Self::ExpiredToken,
        Self::RevokedToken,
        Self::TokenOfRemoved,
    ];

    /// Whether they are let in at a page, or by the API.
    fn is_in(self, is_api: bool) -> bool {
        match self {
            Self::Viewer | Self::Member | Self::Owner | Self::Admin => true,
            Self::ReadToken | Self::WriteToken | Self::AdminsReadToken => is_api,
            _ => false,
        }
    }

    fn works(self) -> bool {
        matches!(self, Self::Member | Self::Owner | Self::Admin | Self::WriteToken)
    }

    fn sees(self, kind: Kind) -> bool {
        match kind {
            Kind::Team | Kind::Kept | Kind::Own | Kind::Handed => true,
            Kind::Group => matches!(self, Self::Owner | Self::Admin),
            Kind::Private => self == Self::Owner,
        }
    }

    /// Whether they may let others see a thing that is not theirs.
    fn hands_on(self, kind: Kind) -> bool {
        kind == Kind::Handed && matches!(self, Self::Member | Self::WriteToken)
    }

    /// Whether a thing that they see is theirs to share and delete.
    fn disposes_of(self, kind: Kind) -> bool {
        matches!(self, Self::Owner | Self::Admin) || kind == Kind::Own
    }
}

/// What a request comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is done.
    Done,
    /// One of these, whoever asks.
    Status(&'static [u16]),
    /// They must sign in: 303 for a page, 401 for a form and for the API.
    SignIn,
    /// There is nothing there: 404, as if there were none.
    Absent,
    /// 403: they see it, or it is nobody's in particular.
    Refused,
    /// They look only, and the thing is hidden from them: 404 or 403, the same as if there were none.
    AbsentOrRefused,
}

impl Need {
    pub(super) fn outcome(self, actor: Actor, kind: Kind, is_api: bool) -> Outcome {
        if let Self::Nothing(statuses) = self {
            return Outcome::Status(statuses);
        }
        if !actor.is_in(is_api) {
            return Outcome::SignIn;
        }
        let done_if = |is_allowed| if is_allowed { Outcome::Done } else { Outcome::Refused };
        match self {
            Self::Nothing(_) | Self::In => Outcome::Done,
            Self::Work => done_if(actor.works()),
            Self::Admin => done_if(actor == Actor::Admin),
            Self::Lead => done_if(matches!(actor, Actor::Owner | Actor::Admin)),
            Self::Own if kind == Kind::Own => Outcome::Done,
            Self::See(_) if actor.sees(kind) => Outcome::Done,
            Self::Own | Self::See(_) => Outcome::Absent,
            _ if !actor.sees(kind) && actor.works() => Outcome::Absent,
            _ if !actor.sees(kind) => Outcome::AbsentOrRefused,
            _ if !actor.works() => Outcome::Refused,
            Self::Use(_) => Outcome::Done,
            Self::Change(_) => done_if(actor.disposes_of(kind) || kind == Kind::Kept),
            Self::Share(_) => done_if(actor.disposes_of(kind) || actor.hands_on(kind)),
            Self::Delete(_) => done_if(actor.disposes_of(kind)),
        }
    }

    /// How the things are shared that a route is tried on.
    pub(super) fn kinds(self) -> &'static [Kind] {
        match self {
            Self::See(_) | Self::Use(_) | Self::Change(_) | Self::Share(_) | Self::Delete(_) => {
                &Kind::ALL
            }
            Self::Own => &[Kind::Private, Kind::Own],
            _ => &[Kind::Team],
        }
    }
}

/// What is sent. `$alert`, `$run`, `$other` (a member), `$inside` (a member of the group) are filled in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Body {
    Nothing,
    Form(&'static [(&'static str, &'static str)]),
    Json(&'static str),
    File,
}

/// Method, path as it is declared (with a query string, perhaps), what it needs, what is sent.
pub(super) type Rule = (&'static str, &'static str, Need, Body);

use Body::{File, Form, Json, Nothing};
use Need::{Admin, Change, Delete, In, Lead, Own, See, Share, Use, Work};
use Thing::{Query, Run, Target};

const SAVE_QUERY: Body = Form(&[
    ("broker", "archive"),
    ("folder", "night"),
    ("max_results", "10"),
    ("classtar_gt_lt", "lt"),
    ("query_name", "another name"),
    ("version", "1"),
    ("action", "save"),
]);
const RUN_FORM: Body = Form(&[
    ("broker", "archive"),
    ("folder", "night"),
    ("max_results", "10"),
    ("classtar_gt_lt", "lt"),
    ("action", "run"),
]);
const SHARE: Body = Form(&[("sharers", "0")]);
const SHARE_JSON: Body = Json(r#"{"readers": ["team"], "sharers": ["team"]}"#);
const NEW_QUERY_JSON: Body = Json(
    r#"{"name": "another name", "broker": "archive", "parameters": {"folder": "night", "max_results": 10}}"#,
);
const RUN_JSON: Body =
    Json(r#"{"broker": "archive", "parameters": {"folder": "night", "max_results": 10}}"#);
const QUERY_JSON: Body = Json(
    r#"{"name": "another name", "broker": "archive", "version": 1, "parameters": {"folder": "night", "max_results": 10}}"#,
);
const TARGET: Body =
    Form(&[("name", "another nova"), ("ra", "20"), ("dec", "20"), ("version", "1")]);
const NEW_TARGET_JSON: Body = Json(r#"{"name": "another nova", "ra": 20, "dec": 20}"#);
const TARGET_JSON: Body = Json(r#"{"name": "another nova", "ra": 20, "dec": 20, "version": 1}"#);
const CHECK: Body = Form(&[("broker", "database")]);

/// Every route with every method that it takes.
pub(super) const RULES: &[Rule] = &[
    // What is open.
    ("GET", "/accounts/login/", Need::Nothing(&[200, 303]), Nothing),
    ("POST", "/accounts/login/", Need::Nothing(&[303]), Form(&[("next", "/")])),
    ("GET", "/accounts/callback/", Need::Nothing(&[400]), Nothing),
    ("POST", "/accounts/logout/", Need::Nothing(&[303]), Form(&[])),
    ("GET", "/accounts/join/{token}/", Need::Nothing(&[200]), Nothing),
    ("POST", "/theme/", Need::Nothing(&[303]), Form(&[("theme", "dark")])),
    ("GET", "/static/{hash}/{name}", Need::Nothing(&[404]), Nothing),
    ("GET", "/healthz", Need::Nothing(&[200]), Nothing),
    ("GET", "/readyz", Need::Nothing(&[200]), Nothing),
    // What whoever is in may look at.
    ("GET", "/metrics", Admin, Nothing),
    ("GET", "/", In, Nothing),
    ("GET", "/alerts/", In, Nothing),
    ("GET", "/alerts/query/list/", In, Nothing),
    ("GET", "/alerts/query/create/", In, Nothing),
    ("GET", "/alerts/query/create/?broker=archive", In, Nothing),
    ("GET", "/alerts/query/create/?broker=archive&from_run={id}", See(Run), Nothing),
    ("GET", "/alerts/query/echo/?broker=archive&field=cone&value=10,10,5", In, Nothing),
    ("GET", "/alerts/{survey}/{source_id}/", In, Nothing),
    ("GET", "/alerts/{survey}/{source_id}/packet/", In, Nothing),
    ("GET", "/alerts/{survey}/{source_id}/json/", In, Nothing),
    ("GET", "/runs/", In, Nothing),
    ("GET", "/targets/", In, Nothing),
    ("GET", "/targets/echo/?field=cone_search&value=10,10,5", In, Nothing),
    ("GET", "/api/docs/", In, Nothing),
    ("GET", "/answers/{id}/", Own, Nothing),
    // Queries.
    ("POST", "/alerts/query/create/", Work, SAVE_QUERY),
    ("POST", "/alerts/query/create/", Work, RUN_FORM),
    ("POST", "/alerts/query/preview/", Work, CHECK),
    ("POST", "/alerts/query/preview/?query={id}", Use(Query), CHECK),
    ("GET", "/alerts/query/{id}/update/", See(Query), Nothing),
    ("POST", "/alerts/query/{id}/update/", Change(Query), SAVE_QUERY),
    ("POST", "/alerts/query/{id}/update/", Use(Query), RUN_FORM),
    ("POST", "/alerts/query/{id}/copy/", Use(Query), Form(&[])),
    ("POST", "/alerts/query/{id}/run/", Use(Query), Form(&[])),
    ("GET", "/alerts/query/{id}/delete/", Delete(Query), Nothing),
    ("POST", "/alerts/query/{id}/delete/", Delete(Query), Form(&[])),
    ("GET", "/alerts/query/{id}/share/", See(Query), Nothing),
    ("POST", "/alerts/query/{id}/share/", Share(Query), SHARE),
    ("GET", "/alerts/query/{id}/history/", See(Query), Nothing),
    ("GET", "/alerts/query/{id}/listener/", See(Query), Nothing),
    ("POST", "/alerts/query/{id}/listener/start/", Change(Query), Form(&[])),
    ("POST", "/alerts/query/{id}/listener/pause/", Change(Query), Form(&[])),
    ("POST", "/alerts/query/{id}/listener/stop/", Change(Query), Form(&[])),
    // Runs.
    ("POST", "/alerts/{broker}/upload/", Work, File),
    ("GET", "/runs/{id}/", See(Run), Nothing),
    ("GET", "/runs/{id}/progress/", See(Run), Nothing),
    ("GET", "/runs/{id}/events/", See(Run), Nothing),
    ("POST", "/runs/{id}/cancel/", Change(Run), Form(&[])),
    ("POST", "/runs/{id}/run/", Use(Run), Form(&[])),
    (
        "POST",
        "/runs/{id}/selection/",
        Use(Run),
        Form(&[("on_page", "$alert"), ("alerts", "$alert"), ("action", "update")]),
    ),
    (
        "POST",
        "/runs/{id}/selection/",
        Use(Run),
        Form(&[("on_page", "$alert"), ("alerts", "$alert"), ("action", "create")]),
    ),
    ("GET", "/runs/{run_id}/saves/{id}/", Own, Nothing),
    ("GET", "/runs/{id}/share/", See(Run), Nothing),
    ("POST", "/runs/{id}/share/", Share(Run), SHARE),
    ("GET", "/runs/{id}/history/", See(Run), Nothing),
    ("GET", "/runs/{id}/unreadable/", See(Run), Nothing),
    ("POST", "/runs/{id}/unreadable/retry/", Change(Run), Form(&[])),
    ("GET", "/runs/{run_id}/unreadable/{id}/", See(Run), Nothing),
    ("GET", "/runs/{run_id}/unreadable/{id}/json/", See(Run), Nothing),
    ("POST", "/alerts/alert/create/", Use(Run), Form(&[("run_id", "{id}"), ("alerts", "$alert")])),
    // Targets.
    ("GET", "/targets/create/", Work, Nothing),
    ("POST", "/targets/create/", Work, TARGET),
    ("GET", "/targets/{id}/", See(Target), Nothing),
    ("GET", "/targets/{id}/update/", Change(Target), Nothing),
    ("POST", "/targets/{id}/update/", Change(Target), TARGET),
    ("GET", "/targets/{id}/delete/", Delete(Target), Nothing),
    ("POST", "/targets/{id}/delete/", Delete(Target), Form(&[])),
    ("GET", "/targets/{id}/share/", See(Target), Nothing),
    ("POST", "/targets/{id}/share/", Share(Target), SHARE),
    ("GET", "/targets/{id}/history/", See(Target), Nothing),
    // Subscriptions. Without a project, the page says what is missing and changes nothing.
    ("GET", "/subscriptions/", In, Nothing),
    (
        "POST",
        "/subscriptions/",
        Work,
        Form(&[("subscription_name", "loop"), ("topic", "ztf-loop")]),
    ),
    ("GET", "/subscriptions/{name}/", In, Nothing),
    ("POST", "/subscriptions/{name}/peek/", Work, Form(&[])),
    ("POST", "/subscriptions/{name}/seek/", Work, Form(&[("to", "1h")])),
    ("GET", "/subscriptions/{name}/delete/", Work, Nothing),
    ("POST", "/subscriptions/{name}/delete/", Work, Form(&[])),
    // One's own account.
    ("GET", "/accounts/profile/", In, Nothing),
    ("POST", "/accounts/sharing/", In, Form(&[])),
    ("GET", "/accounts/tokens/", In, Nothing),
    ("POST", "/accounts/tokens/", In, Form(&[("name", "a"), ("access", "read"), ("days", "9")])),
    ("POST", "/accounts/tokens/", Work, Form(&[("name", "a"), ("access", "write"), ("days", "9")])),
    ("POST", "/accounts/tokens/{id}/revoke/", Own, Form(&[])),
    ("POST", "/accounts/project/", In, Form(&[("project", "another-proj")])),
    ("POST", "/accounts/sessions/end/", In, Form(&[("all", "others")])),
    ("GET", "/accounts/connect/?scope=pubsub", In, Nothing),
    ("POST", "/accounts/connect/", In, Form(&[("scope", "pubsub")])),
    ("GET", "/accounts/disconnect/", In, Nothing),
    ("POST", "/accounts/disconnect/", In, Form(&[])),
    ("POST", "/accounts/test/", In, Form(&[])),
    // The team.
    ("GET", "/team/", In, Nothing),
    ("POST", "/team/", Admin, Form(&[("email", "new@mail.example"), ("role", "viewer")])),
    ("POST", "/team/", Admin, Form(&[("by", "link"), ("role", "viewer")])),
    ("POST", "/team/invitations/{id}/delete/", Admin, Form(&[])),
    ("POST", "/team/members/{id}/role/", Admin, Form(&[("role", "viewer")])),
    ("GET", "/team/members/{id}/remove/", Admin, Nothing),
    ("POST", "/team/members/{id}/remove/", Admin, Form(&[])),
    ("POST", "/team/groups/", Work, Form(&[("name", "another group")])),
    ("GET", "/team/groups/{id}/", In, Nothing),
    ("POST", "/team/groups/{id}/add/", Lead, Form(&[("member", "$other")])),
    ("POST", "/team/groups/{id}/remove/", Lead, Form(&[("member", "$inside")])),
    ("GET", "/team/groups/{id}/delete/", Lead, Nothing),
    ("POST", "/team/groups/{id}/delete/", Lead, Form(&[])),
    ("GET", "/team/history/", Admin, Nothing),
    ("GET", "/team/history/export/", Admin, Nothing),
    // The API.
    ("GET", "/api/openapi.json", In, Nothing),
    ("GET", "/api/brokers/", In, Nothing),
    ("GET", "/api/queries/", In, Nothing),
    ("POST", "/api/queries/", Work, NEW_QUERY_JSON),
    ("GET", "/api/queries/{id}/", See(Query), Nothing),
    ("PUT", "/api/queries/{id}/", Change(Query), QUERY_JSON),
    ("DELETE", "/api/queries/{id}/", Delete(Query), Json("{}")),
    ("POST", "/api/queries/{id}/runs/", Use(Query), Json("{}")),
    ("GET", "/api/queries/{id}/listener/", See(Query), Nothing),
    ("PUT", "/api/queries/{id}/listener/", Change(Query), Json(r#"{"state": "paused"}"#)),
    ("PUT", "/api/queries/{id}/listener/", Change(Query), Json(r#"{"state": "on"}"#)),
    ("DELETE", "/api/queries/{id}/listener/", Change(Query), Json("{}")),
    ("GET", "/api/queries/{id}/sharing/", See(Query), Nothing),
    ("PUT", "/api/queries/{id}/sharing/", Share(Query), SHARE_JSON),
    ("GET", "/api/runs/", In, Nothing),
    ("POST", "/api/runs/", Work, RUN_JSON),
    ("GET", "/api/runs/{id}/", See(Run), Nothing),
    ("POST", "/api/runs/{id}/cancel/", Change(Run), Json("{}")),
    ("GET", "/api/runs/{id}/alerts/", See(Run), Nothing),
    ("GET", "/api/runs/{id}/unreadable/", See(Run), Nothing),
    ("POST", "/api/runs/{id}/unreadable/retry/", Change(Run), Json("{}")),
    ("GET", "/api/alerts/{survey}/{source_id}/", In, Nothing),
    ("GET", "/api/runs/{run_id}/unreadable/{id}/bytes/", See(Run), Nothing),
    ("POST", "/api/runs/{id}/targets/", Use(Run), Json(r#"{"alerts": [$alert]}"#)),
    ("GET", "/api/runs/{id}/sharing/", See(Run), Nothing),
    ("PUT", "/api/runs/{id}/sharing/", Share(Run), SHARE_JSON),
    ("GET", "/api/targets/", In, Nothing),
    ("POST", "/api/targets/", Work, NEW_TARGET_JSON),
    ("GET", "/api/targets/{id}/", See(Target), Nothing),
    ("PUT", "/api/targets/{id}/", Change(Target), TARGET_JSON),
    ("DELETE", "/api/targets/{id}/", Delete(Target), Json("{}")),
    ("GET", "/api/targets/{id}/alerts/", See(Target), Nothing),
    ("GET", "/api/targets/{id}/sharing/", See(Target), Nothing),
    ("PUT", "/api/targets/{id}/sharing/", Share(Target), SHARE_JSON),
];

/// What is done without a row that is compared: colours, sessions, files, looks at what would be.
pub(super) const LEAVES_NO_ROW: [&str; 11] = [
    "/theme/",
    "/accounts/logout/",
    "/accounts/sessions/end/",
    "/accounts/disconnect/",
    "/accounts/test/",
    "/alerts/{broker}/upload/",
    "/alerts/query/preview/",
    "/subscriptions/",
    "/subscriptions/{name}/peek/",
    "/subscriptions/{name}/seek/",
    "/subscriptions/{name}/delete/",
];

/// Routes that answer with another status than a success to a request that is allowed.
pub(super) const SAYS: [(&str, &str, u16); 2] =
    [("POST", "/alerts/query/preview/", 422), ("POST", "/subscriptions/", 422)];
