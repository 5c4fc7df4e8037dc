//! What the service under test writes into its log.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tracing::{Level, subscriber::DefaultGuard};
use tracing_subscriber::fmt::MakeWriter;

/// Keeps every line.
pub(crate) struct LogLines {
    kept: Kept,
    _logging: DefaultGuard,
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl LogLines {
    /// Keeps what is logged from now on, down to this level, on this thread: there all of a test goes on.
    pub(crate) fn keep(most: Level) -> Self {
        let kept = Kept::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(most)
            .with_writer(kept.clone())
            .with_ansi(false)
            .finish();
        Self { kept, _logging: tracing::subscriber::set_default(subscriber) }
    }

    /// What was written so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.kept.0.lock().unwrap()).into_owned()
    }

    pub(crate) fn has(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    /// Waits until these words are written.
    pub(crate) async fn until(&self, words: &str) {
        for _ in 0..1_000 {
            if self.has(words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("\"{words}\" is not in the log: {}", self.text());
    }
}

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
