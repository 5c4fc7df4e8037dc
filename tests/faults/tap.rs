//! Measures out the messages of streams, so that they last for all faults.

use tokio::sync::watch;

/// Messages that may still be handed over.
pub(crate) struct Tap(watch::Sender<usize>);

impl Default for Tap {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Tap {
    /// From now on so many messages may be handed over.
    pub(crate) fn set(&self, n_messages: usize) {
        self.0.send_replace(n_messages);
    }

    /// Waits until messages may be handed over; how many of these.
    pub(crate) async fn take(&self, wanted: usize) -> usize {
        let mut watched = self.0.subscribe();
        loop {
            // The sender lives as long as this.
            let _ = watched.wait_for(|left| *left > 0).await;
            let mut taken = 0;
            self.0.send_if_modified(|left| {
                taken = wanted.min(*left);
                *left -= taken;
                taken > 0
            });
            if taken > 0 {
                return taken;
            }
        }
    }
}

#[tokio::test]
async fn no_more_is_handed_over_than_was_measured_out() {
    let tap = Tap::default();
    tap.set(3);
    assert_eq!(tap.take(2).await, 2);
    assert_eq!(tap.take(2).await, 1);
    tokio::select! {
        biased;
        _ = tap.take(1) => panic!("there was more"),
        () = tokio::task::yield_now() => {}
    }
    tap.set(1);
    assert_eq!(tap.take(5).await, 1);
}
