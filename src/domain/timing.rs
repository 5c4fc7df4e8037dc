//! Patience as a parameter: how long the service waits, how often it looks, how soon it tries again. Tests set it.
//!
//! `app` makes one [`Timing`] and hands its parts to whoever waits. A unit test pins the true value of each. The hidden
//! `--timing-divisor` makes those of a whole program shorter, for tests that start it, but for what the database may
//! take. What belongs to a protocol, to the private PostgreSQL or to a pace stays where it is used.

use std::{num::NonZeroU32, time::Duration};

/// Nothing becomes shorter than this by being divided: who looks more often does nothing else.
const SHORTEST: Duration = Duration::from_millis(20);

/// Makes [`Timing`] of its parts, each with its durations as they are in the program.
macro_rules! timing {
    ($($(#[$about:meta])* $part:ident: $Part:ident {
        $($(#[$meaning:meta])* $duration:ident: $value:expr,)+
    })+) => {
        /// How patient the service is, by who waits.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Timing {
            $($(#[$about])* pub $part: $Part,)+
        }

        impl Timing {
            fn map(&self, change: impl Fn(Duration) -> Duration) -> Self {
                Self { $($part: $Part { $($duration: change(self.$part.$duration),)+ },)+ }
            }

            /// Every duration by its name.
            #[cfg(test)]
            fn listed(&self) -> Vec<(&'static str, Duration)> {
                vec![$($((
                    concat!(stringify!($part), ".", stringify!($duration)),
                    self.$part.$duration,
                ),)+)+]
            }
        }

        $(
            $(#[$about])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $Part {
                $($(#[$meaning])* pub $duration: Duration,)+
            }

            impl Default for $Part {
                fn default() -> Self {
                    Self { $($duration: $value,)+ }
                }
            }
        )+
    };
}

impl Timing {
    /// The same for tests of the whole program: everything by so much shorter, but for what the database may take, which
    /// is as slow as the machine.
    #[must_use]
    pub fn shortened(&self, by: NonZeroU32) -> Self {
        let shorter = self.map(|duration| (duration / by.get()).max(duration.min(SHORTEST)));
        Self { database: self.database, ..shorter }
    }
}

timing! {
    /// Whoever asks the database.
    database: DatabaseTiming {
        /// How long a request waits for a free connection before it is told to come back later.
        connection: Duration::from_secs(3),
        /// How long a statement of a page may take.
        statement: Duration::from_secs(5),
        /// How long it may wait for what another one has locked.
        lock: Duration::from_secs(2),
        /// How long a statement may take with which packets are on their way.
        statement_of_runs: Duration::from_secs(30),
    }

    /// Whoever works on runs.
    runs: RunTiming {
        /// How often a process says that its runs are alive, and looks for requests to stop them.
        heartbeat: Duration::from_secs(5),
        /// How long a process may be silent before the others call its runs interrupted.
        silence: Duration::from_secs(30),
        /// How often a process looks for runs to begin and for listeners to take, besides whenever it has a reason to. So runs
        /// get on whose process was stopped before they began, and those that wait for a place that another process has freed.
        look: Duration::from_secs(1),
        /// For so long a run is left to the process that was asked for it; then any other may begin it too.
        head_start: Duration::from_secs(1),
        /// The first pause before a write is tried again.
        first_pause: Duration::from_millis(250),
        /// The longest one.
        longest_pause: Duration::from_secs(8),
        /// How long the end of a run waits for the last acknowledgements.
        last_acknowledgements: Duration::from_secs(10),
        /// The same of a run that somebody has stopped.
        acknowledgements_of_stopped: Duration::from_secs(3),
        /// How long after the end of a run its backend may say more.
        late_lines: Duration::from_mins(2),
        /// The same when the service stops.
        last_lines: Duration::from_secs(3),
        /// How long runs may take to finish once the service is asked to stop.
        last_work: Duration::from_secs(10),
    }

    /// Whoever works on listeners.
    listeners: ListenerTiming {
        /// How long the process of a listener may be silent before another one takes it: with the heartbeats and looks of runs
        /// it goes on within 30 s.
        silence: Duration::from_secs(20),
    }

    /// The web server and its pages.
    web: WebTiming {
        /// How long a client may take to send the head of a request.
        head: Duration::from_secs(10),
        /// How long a form may take to come that is kept while its author signs in.
        body: Duration::from_secs(10),
        /// How long a client may leave an answer untaken.
        untaken: Duration::from_secs(30),
        /// How long a request may take.
        request: Duration::from_secs(30),
        /// How long alerts are saved as targets before those that are left are given back: less than a request may take.
        saving: Duration::from_secs(20),
        /// How long an upload may take.
        upload: Duration::from_mins(30),
        /// How long open requests may take to finish once the service is asked to stop.
        last_requests: Duration::from_secs(10),
        /// Shortest time between two events of a run: a fast one would otherwise fill the line with states that nobody can read.
        event_gap: Duration::from_millis(400),
        /// Longest time between two looks at a run while nothing is told: the clock on the page goes on.
        event_look: Duration::from_secs(5),
        /// How often a comment goes down a stream of events, so that proxies do not take it for dead.
        event_heartbeat: Duration::from_secs(15),
        /// How long a browser waits before it connects to events again.
        event_reconnect: Duration::from_secs(2),
        /// How long until the database is asked for news of runs again after it was away.
        news_again: Duration::from_secs(1),
    }

    /// Calls to Google's services by REST.
    calls: CallTiming {
        /// How long a connection may take to be made.
        connect: Duration::from_secs(3),
        /// How long an answer may take to begin, and to go on.
        answer: Duration::from_secs(10),
        /// The first pause between two tries.
        first_pause: Duration::from_millis(500),
        /// The longest one.
        longest_pause: Duration::from_secs(30),
        /// How often a reader of the log hears that trouble goes on.
        reminder: Duration::from_secs(30),
        /// How long passing trouble may last before a run fails.
        patience: Duration::from_mins(2),
        /// The same where somebody waits for the answer.
        quick: Duration::from_secs(5),
        /// The same of calls that can as well be left: giving leases back, which end by themselves.
        brief: Duration::from_secs(5),
    }

    /// Runs that pull messages by REST.
    pulls: PullTiming {
        /// The pause after an answer without messages.
        empty_pause: Duration::from_millis(500),
        /// How often the subscription is looked at while nothing comes: its topic may be gone.
        look: Duration::from_mins(1),
        /// How long nothing has come before the subscription is looked at: an empty answer may leave out what waits.
        quiet: Duration::from_secs(3),
        /// How long the end of a run waits for the pulls that are under way.
        last_pulls: Duration::from_secs(5),
    }

    /// Runs that hold a stream open.
    streams: StreamTiming {
        /// How long a stream that was just opened may be silent before Pub/Sub is asked whether it is there.
        first_look: Duration::from_secs(8),
        /// The same later.
        look: Duration::from_secs(15),
        /// A stream that is silent for so long is opened anew: its connection may be dead though Pub/Sub is there.
        stale: Duration::from_mins(5),
        /// The first pause between two tries.
        first_pause: Duration::from_millis(500),
        /// The longest one.
        longest_pause: Duration::from_secs(8),
        /// How often a reader of the log hears that trouble goes on.
        reminder: Duration::from_mins(1),
        /// How long a message stays out at most that nobody extends any more, however long its subscription leaves it out.
        longest_lease: Duration::from_mins(1),
        /// How long the end of a stream waits for batches that are still being kept, before their messages are left to come
        /// again.
        last_leases: Duration::from_secs(15),
    }

    /// Queries of BigQuery.
    queries: QueryTiming {
        /// How long passing trouble may last before a run fails.
        patience: Duration::from_mins(1),
        /// How long a page waits for an estimate.
        check: Duration::from_secs(8),
        /// How long to try to cancel a job, whose own time-out ends it in any case, or to ask after it.
        brief: Duration::from_secs(8),
        /// How long one call has BigQuery wait for a job: less than an answer may take.
        wait: Duration::from_secs(5),
        /// How often a job that is at work is asked after.
        ask_again: Duration::from_millis(250),
        /// How long the bill of a job that has ended may take.
        bill: Duration::from_secs(2),
        /// The same of one that was asked to stop.
        bill_of_stopped: Duration::from_secs(8),
        /// How much longer than it was given a job may take before it is given up.
        grace: Duration::from_mins(1),
    }

    /// Renewing and ending what members have granted.
    grants: GrantTiming {
        /// How often somebody looks whether another process has renewed a token.
        look: Duration::from_millis(100),
        /// How long a renewal may take before another process may try: longer than every limit on the exchange itself.
        lease: Duration::from_secs(30),
        /// After a renewal that failed nobody asks again for so long, at first.
        first_pause: Duration::from_secs(1),
        /// The same at most.
        longest_pause: Duration::from_secs(30),
        /// The first pause before a revocation that failed is tried again.
        revoke_again: Duration::from_mins(1),
        /// For how long in all.
        revoke_for: Duration::from_hours(24),
    }

    /// The provider that people sign in at.
    provider: ProviderTiming {
        /// How long a whole exchange may take.
        answer: Duration::from_secs(8),
        /// How long the provider may take to describe itself, keys included.
        description: Duration::from_secs(9),
        /// How often an unknown key makes us look for new ones.
        keys_again: Duration::from_mins(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The program's own patience, in milliseconds.
    const TRUE_VALUES_MS: [(&str, u64); 65] = [
        ("database.connection", 3_000),
        ("database.statement", 5_000),
        ("database.lock", 2_000),
        ("database.statement_of_runs", 30_000),
        ("runs.heartbeat", 5_000),
        ("runs.silence", 30_000),
        ("runs.look", 1_000),
        ("runs.head_start", 1_000),
        ("runs.first_pause", 250),
        ("runs.longest_pause", 8_000),
        ("runs.last_acknowledgements", 10_000),
        ("runs.acknowledgements_of_stopped", 3_000),
        ("runs.late_lines", 120_000),
        ("runs.last_lines", 3_000),
        ("runs.last_work", 10_000),
        ("listeners.silence", 20_000),
        ("web.head", 10_000),
        ("web.body", 10_000),
        ("web.untaken", 30_000),
        ("web.request", 30_000),
        ("web.saving", 20_000),
        ("web.upload", 1_800_000),
        ("web.last_requests", 10_000),
        ("web.event_gap", 400),
        ("web.event_look", 5_000),
        ("web.event_heartbeat", 15_000),
        ("web.event_reconnect", 2_000),
        ("web.news_again", 1_000),
        ("calls.connect", 3_000),
        ("calls.answer", 10_000),
        ("calls.first_pause", 500),
        ("calls.longest_pause", 30_000),
        ("calls.reminder", 30_000),
        ("calls.patience", 120_000),
        ("calls.quick", 5_000),
        ("calls.brief", 5_000),
        ("pulls.empty_pause", 500),
        ("pulls.look", 60_000),
        ("pulls.quiet", 3_000),
        ("pulls.last_pulls", 5_000),
        ("streams.first_look", 8_000),
        ("streams.look", 15_000),
        ("streams.stale", 300_000),
        ("streams.first_pause", 500),
        ("streams.longest_pause", 8_000),
        ("streams.reminder", 60_000),
        ("streams.longest_lease", 60_000),
        ("streams.last_leases", 15_000),
        ("queries.patience", 60_000),
        ("queries.check", 8_000),
        ("queries.brief", 8_000),
        ("queries.wait", 5_000),
        ("queries.ask_again", 250),
        ("queries.bill", 2_000),
        ("queries.bill_of_stopped", 8_000),
        ("queries.grace", 60_000),
        ("grants.look", 100),
        ("grants.lease", 30_000),
        ("grants.first_pause", 1_000),
        ("grants.longest_pause", 30_000),
        ("grants.revoke_again", 60_000),
        ("grants.revoke_for", 86_400_000),
        ("provider.answer", 8_000),
        ("provider.description", 9_000),
        ("provider.keys_again", 60_000),
    ];

    #[test]
    fn the_program_is_as_patient_as_it_is_known_to_be() {
        let expected = TRUE_VALUES_MS.map(|(name, ms)| (name, Duration::from_millis(ms)));
        assert_eq!(Timing::default().listed(), expected);
    }

    #[test]
    fn who_outlasts_whom() {
        let Timing { runs, listeners, web, calls, queries, grants, provider, .. } =
            Timing::default();
        assert!(web.saving < web.request, "whoever saves hears what became of it");
        assert!(runs.silence >= runs.heartbeat * 6 && listeners.silence >= runs.heartbeat * 4);
        assert!(queries.wait < calls.answer, "an answer that waits for a job is no trouble");
        assert!(grants.lease > provider.answer + calls.connect);
    }

    #[test]
    fn what_is_shortened_keeps_its_proportions_and_is_never_nothing() {
        let (full, by) = (Timing::default(), |n| NonZeroU32::new(n).unwrap());
        assert_eq!(full.shortened(NonZeroU32::MIN), full);
        let tenth = full.shortened(by(10));
        assert_eq!(tenth.runs.heartbeat, Duration::from_millis(500));
        assert_eq!(tenth.listeners.silence, Duration::from_secs(2));
        for (name, duration) in full.shortened(by(u32::MAX)).listed() {
            assert!(duration == SHORTEST || name.starts_with("database."), "{name}");
        }
    }
}
