//! One side's turn at the messages of a round, and its line of the table.

/// One side's turn.
pub(crate) struct Turn {
    pub(crate) seconds: f64,
    /// By the reading process.
    pub(crate) cpu_own: f64,
    /// By the database.
    pub(crate) cpu_database: f64,
    /// By the emulator, where it is ours.
    pub(crate) cpu_emulator: Option<f64>,
    pub(crate) peak_mb: f64,
}

/// Prints the head of the table.
#[expect(clippy::print_stdout, reason = "a benchmark's figures are its output")]
pub(crate) fn print_head(n_messages: usize) -> anyhow::Result<()> {
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    println!(
        "cores {}, build profile {profile}; {n_messages} messages for each side and round; cpu: seconds of processor time",
        std::thread::available_parallelism()?
    );
    println!(
        "{:<28}{:>10}{:>8}{:>9}{:>10}{:>9}{:>8}{:>10}",
        "", "alerts/s", "MB/s", "seconds", "peak MB", "cpu own", "cpu db", "emulator"
    );
    Ok(())
}

/// Prints a turn; its alerts per second.
#[expect(clippy::print_stdout, reason = "a benchmark's figures are its output")]
#[expect(clippy::cast_precision_loss, reason = "a rate for reading needs three digits")]
pub(crate) fn print(title: &str, turn: &Turn, n_messages: usize, n_bytes: u64) -> f64 {
    let rate = n_messages as f64 / turn.seconds;
    println!(
        "{title:<28}{rate:>10.0}{:>8.1}{:>9.2}{:>10.0}{:>9.2}{:>8.2}{:>10}",
        n_bytes as f64 / 1e6 / turn.seconds,
        turn.seconds,
        turn.peak_mb,
        turn.cpu_own,
        turn.cpu_database,
        turn.cpu_emulator.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.2}")),
    );
    rate
}

/// The middle of some rates.
pub(crate) fn median(mut rates: Vec<f64>) -> Option<f64> {
    rates.sort_by(f64::total_cmp);
    let (lower, upper) = (rates.len().checked_sub(1)? / 2, rates.len() / 2);
    Some(f64::midpoint(*rates.get(lower)?, *rates.get(upper)?))
}
