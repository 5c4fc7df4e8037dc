//! How patient services under test are: as little as a slow machine allows. What a test is about it sets itself.

use std::time::Duration;

use tom_alerts::domain::timing::{
    CallTiming, DatabaseTiming, GrantTiming, PullTiming, QueryTiming, RunTiming, StreamTiming,
    Timing, WebTiming,
};

/// Looks, heartbeats and pauses are short. Limits on what others do are as they are, where a busy machine may need them.
pub(crate) fn short() -> Timing {
    let Timing { database, runs, listeners, web, calls, pulls, streams, queries, grants, provider } =
        Timing::default();
    let milliseconds = Duration::from_millis;
    Timing {
        // A crowd of a hundred on a busy machine waits its turn.
        database: DatabaseTiming {
            connection: Duration::from_mins(1),
            statement: Duration::from_secs(30),
            lock: Duration::from_secs(20),
            ..database
        },
        runs: RunTiming {
            heartbeat: milliseconds(500),
            look: milliseconds(100),
            last_lines: milliseconds(500),
            ..runs
        },
        listeners,
        web: WebTiming {
            request: Duration::from_mins(3),
            // Fifty who save the same alerts at once wait for each other.
            saving: Duration::from_mins(2),
            last_requests: Duration::from_secs(5),
            event_gap: milliseconds(100),
            event_look: milliseconds(500),
            ..web
        },
        calls: CallTiming {
            first_pause: milliseconds(100),
            patience: Duration::from_secs(3),
            quick: Duration::from_secs(2),
            brief: Duration::from_secs(2),
            ..calls
        },
        pulls: PullTiming { empty_pause: milliseconds(100), quiet: milliseconds(500), ..pulls },
        streams: StreamTiming {
            first_look: milliseconds(1_000),
            look: milliseconds(2_000),
            first_pause: milliseconds(100),
            longest_pause: milliseconds(1_000),
            ..streams
        },
        queries: QueryTiming {
            patience: Duration::from_secs(3),
            check: Duration::from_secs(2),
            brief: Duration::from_secs(2),
            ask_again: milliseconds(50),
            bill: milliseconds(500),
            bill_of_stopped: Duration::from_secs(1),
            ..queries
        },
        grants: GrantTiming { look: milliseconds(20), ..grants },
        provider,
    }
}
