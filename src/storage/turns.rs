//! The order of two batches of one run that are stored at the same time.
//!
//! The second puts its alerts into their table once those of the first are there, and its packets while the first is
//! being committed. Then it waits for that commit, before it touches rows that the first may have locked: packets of
//! alerts that were there before, the run's row, links and counts. Each is one transaction. If the first is not kept,
//! the second is not kept either, and both are sent again, one after the other.

use tokio::sync::watch;

use super::NotKept;

/// How far the keeping of a batch has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Begun,
    /// Its alerts are in their table; it waits for no other batch's any more.
    Inserted,
    Committed,
}

/// A batch's place after the one before it. Dropped early it tells whoever follows that it was not kept.
#[derive(Debug)]
pub struct Turn {
    before: Option<Follower>,
    own: watch::Sender<Stage>,
}

impl Turn {
    /// The turn of a batch that follows no other.
    pub fn first() -> Self {
        Self { before: None, own: watch::Sender::new(Stage::Begun) }
    }

    /// The turn of the batch after this one.
    pub fn after(before: Follower) -> Self {
        Self { before: Some(before), ..Self::first() }
    }

    /// To be given to the batch after it.
    pub fn follower(&self) -> Follower {
        Follower(self.own.subscribe())
    }

    /// Waits until the batch before has its alerts in their table: two that insert the same alerts at the same time
    /// could wait for each other.
    pub(super) async fn may_insert(&mut self) -> Result<(), NotKept> {
        self.before_is_at(Stage::Inserted).await
    }

    /// Waits until the batch before is committed.
    pub(super) async fn may_count(&mut self) -> Result<(), NotKept> {
        self.before_is_at(Stage::Committed).await
    }

    async fn before_is_at(&mut self, stage: Stage) -> Result<(), NotKept> {
        let Some(Follower(before)) = &mut self.before else { return Ok(()) };
        let reached = before.wait_for(|at| *at >= stage).await;
        reached.map(|_| ()).map_err(|_| NotKept::OutOfTurn)
    }

    pub(super) fn has_inserted(&self) {
        self.own.send_replace(Stage::Inserted);
    }

    pub(super) fn has_committed(&self) {
        self.own.send_replace(Stage::Committed);
    }
}

/// Whoever comes after a batch.
#[derive(Clone, Debug)]
pub struct Follower(watch::Receiver<Stage>);

impl Follower {
    /// Waits until the batch is committed, or not kept. Safe to cancel.
    pub async fn is_over(&mut self) {
        // Nobody is left to say more.
        let _ = self.0.wait_for(|at| *at == Stage::Committed).await;
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_batch_inserts_after_the_one_before_and_counts_after_its_commit() {
        let first = Turn::first();
        let mut second = Turn::after(first.follower());
        assert!(second.may_insert().now_or_never().is_none());
        first.has_inserted();
        second.may_insert().await.unwrap();
        assert!(second.may_count().now_or_never().is_none());
        first.has_committed();
        second.may_count().await.unwrap();
    }

    #[tokio::test]
    async fn a_batch_that_was_not_kept_lets_nobody_follow() {
        let first = Turn::first();
        let (mut follower, mut second) = (first.follower(), Turn::after(first.follower()));
        first.has_inserted();
        second.may_insert().await.unwrap();
        drop(first);
        follower.is_over().await;
        assert!(matches!(second.may_count().await, Err(NotKept::OutOfTurn)));
        // Nor does the news of a commit go with whoever told it.
        let kept = Turn::first();
        let mut third = Turn::after(kept.follower());
        kept.has_committed();
        drop(kept);
        third.may_count().await.unwrap();
    }
}
