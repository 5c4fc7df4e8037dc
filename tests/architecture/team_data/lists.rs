//! What is the team's and what is the service's: every table of the migrations, every file of the storage.

use super::{
    Callers::{Anybody, Only},
    Lists, Right, ServiceFile, excuses,
};

/// Tables of what members make and who they are.
const TEAM_TABLES: [(&str, Right); 21] = [
    ("saved_query", Right::Shared),
    ("listener", Right::Shared),
    ("run", Right::Shared),
    ("run_alert", Right::Shared),
    ("run_log", Right::Shared),
    ("unreadable", Right::Shared),
    ("target", Right::Shared),
    ("target_name", Right::Shared),
    ("target_alert", Right::Shared),
    ("run_selection", Right::Own),
    ("form_draft", Right::Own),
    ("kept_answer", Right::Own),
    ("save_report", Right::Own),
    ("session", Right::Own),
    ("api_token", Right::Own),
    ("google_credential", Right::Own),
    ("member", Right::ReadByAll("who is in is no secret in the team")),
    ("team_group", Right::ReadByAll("who shares what is a secret, which groups there are is none")),
    ("team_group_member", Right::ReadByAll("who is in which group is no secret in the team")),
    ("invitation", Right::Excused),
    ("history", Right::Excused),
];

const SERVICE_TABLES: [(&str, &str); 8] = [
    ("alert", "a survey publishes it: every member finds it by its address"),
    ("alert_packet", "it is the alert's"),
    ("alert_tag", "a broker publishes it of the alert"),
    ("classification", "a classifier publishes it of the alert"),
    ("packet_head", "it is the packets'"),
    (
        "sign_in_attempt",
        "it is nobody's yet, and found by the secret that a browser brings back alone",
    ),
    ("bigquery_spending", "numbers for the daily budgets: no row of it is shown, but sums"),
    ("bigquery_check", "how often a member looked within a minute, for the limit on that"),
];

const TEAM_FILES: [&str; 32] = [
    "admissions",
    "alert_runs",
    "alerts",
    "api_tokens",
    "form_drafts",
    "groups",
    "history",
    "invitations",
    "kept_answers",
    "listener_changes",
    "listeners",
    "members",
    "owned",
    "query_lists",
    "read_again",
    "results",
    "run_alerts",
    "run_lists",
    "runs",
    "save_reports",
    "saved_queries",
    "askers",
    "selections",
    "sessions",
    "sharing",
    "target_evidence",
    "target_lists",
    "target_names",
    "target_saves",
    "targets",
    "team",
    "unreadable",
];

/// Where runs and listeners are worked on.
const WORKERS: [&str; 8] = [
    "actions/runs/batch_writer",
    "actions/runs/ending",
    "actions/runs/execution",
    "actions/runs/listening",
    "actions/runs/log",
    "actions/runs/queue",
    "actions/runs/runner",
    "actions/runs/watch",
];

const SERVICE_FILES: [ServiceFile; 19] = [
    ServiceFile {
        name: "batches",
        because: "keeps what a run brings, for whoever started it",
        callers: Only(&WORKERS),
    },
    ServiceFile {
        name: "budget",
        because: "counts bytes before and after a job, for all",
        callers: Only(&["actions/runs/query_budget", "actions/estimate_query"]),
    },
    ServiceFile {
        name: "credentials",
        because: "keeps encrypted tokens, by which runs act as whoever started them",
        callers: Only(&["actions/grants"]),
    },
    ServiceFile {
        name: "classifications",
        because: "writes what is said of the alerts of a batch, and has no function for other layers",
        callers: Only(&[]),
    },
    ServiceFile { name: "errors", because: "says what went wrong", callers: Anybody },
    ServiceFile {
        name: "found_alert_rows",
        because: "says which columns of alerts lists show, and has no function for other layers",
        callers: Only(&[]),
    },
    ServiceFile {
        name: "kept_packets",
        because: "writes packets of a batch, and has no function for other layers",
        callers: Only(&[]),
    },
    ServiceFile {
        name: "known_alerts",
        because: "writes alerts of a batch, and has no function for other layers",
        callers: Only(&[]),
    },
    ServiceFile {
        name: "listener_runs",
        because: "begins and ends the runs of listeners, for whoever started them",
        callers: Only(&WORKERS),
    },
    ServiceFile {
        name: "listener_work",
        because: "looks for listeners whose turn it is, for whoever started them",
        callers: Only(&WORKERS),
    },
    ServiceFile {
        name: "migrations",
        because: "makes the tables, and has no function for other layers",
        callers: Only(&[]),
    },
    ServiceFile { name: "mod", because: "connects to the database", callers: Anybody },
    ServiceFile {
        name: "packet_heads",
        because: "writes what packets begin with, and has no function for other layers",
        callers: Only(&[]),
    },
    ServiceFile {
        name: "run_news",
        because: "says that a run has changed, and nothing else of it",
        callers: Only(&["web/screens/run/events"]),
    },
    ServiceFile {
        name: "run_queue",
        because: "begins the runs whose turn it is, for whoever started them",
        callers: Only(&WORKERS),
    },
    ServiceFile {
        name: "run_work",
        because: "writes to the run that is worked on, for whoever started it",
        callers: Only(&WORKERS),
    },
    ServiceFile {
        name: "sign_in_attempts",
        because: "remembers who is on the way to the provider: nobody yet",
        callers: Only(&["actions/sign_in"]),
    },
    ServiceFile {
        name: "standing",
        because: "asks whether somebody still is who they were, for all changes, and has no function for other layers",
        callers: Only(&[]),
    },
    ServiceFile {
        name: "turns",
        because: "orders the batches of a run in memory",
        callers: Only(&[]),
    },
];

/// The work of runs and listeners, the turn of a run, and what it costs.
const FILES_OF_THE_WORK: [&str; 6] =
    ["batches", "budget", "listener_runs", "listener_work", "run_queue", "run_work"];

const MACROS_THAT_ASK: [(&str, &str); 5] = [
    ("saved_queries", "select_queries"),
    ("runs", "select_runs"),
    ("targets", "select_targets"),
    ("target_lists", "in_cone"),
    ("run_alerts", "page"),
];

impl Lists {
    /// The lists that this tree keeps to.
    pub(super) fn of_this_tree() -> Self {
        Self {
            team_tables: TEAM_TABLES.to_vec(),
            service_tables: SERVICE_TABLES.to_vec(),
            team_files: TEAM_FILES.to_vec(),
            service_files: SERVICE_FILES.to_vec(),
            files_of_the_work: FILES_OF_THE_WORK.to_vec(),
            without_an_asker: excuses::WITHOUT_AN_ASKER.to_vec(),
            for_whoever_is_in: excuses::FOR_WHOEVER_IS_IN.to_vec(),
            called_by_others: excuses::CALLED_BY_OTHERS.to_vec(),
            macros_that_ask: MACROS_THAT_ASK.to_vec(),
            without_a_right: excuses::WITHOUT_A_RIGHT.to_vec(),
        }
    }
}
