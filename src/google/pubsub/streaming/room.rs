//! How many messages a process holds that nobody has settled, and how many bytes: no more than may be out, whatever Pub/Sub sends.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A unit of room, bytes: a semaphore counts in 32 bits.
const ROOM_UNIT: u32 = 1 << 10;

/// Room for the messages that are out, by their number and the size of their payloads.
#[derive(Clone, Debug)]
pub(super) struct Room {
    messages: Arc<Semaphore>,
    units: Arc<Semaphore>,
    all: u32,
}

/// The room that one message has taken; given back by being dropped.
#[derive(Debug)]
pub(super) struct TakenRoom {
    _message: OwnedSemaphorePermit,
    _units: OwnedSemaphorePermit,
}

impl Room {
    pub(super) fn new(n_messages: u32, n_bytes: u32) -> Self {
        let semaphore = |n: u32| Arc::new(Semaphore::new(n as usize));
        let (n_messages, all) = (n_messages.max(1), n_bytes / ROOM_UNIT);
        Self { messages: semaphore(n_messages), units: semaphore(all), all }
    }

    /// Whether some of it is taken.
    pub(super) fn is_in_use(&self) -> bool {
        self.units.available_permits() < self.all as usize
    }

    /// Waits for room for one message of so many bytes; a message larger than all the room has it to itself.
    pub(super) async fn take(&self, n_bytes: usize) -> Option<TakenRoom> {
        let message = self.messages.clone().acquire_owned().await.ok()?;
        let units = u32::try_from(n_bytes.div_ceil(ROOM_UNIT as usize)).unwrap_or(u32::MAX);
        let units = self.units.clone().acquire_many_owned(units.clamp(1, self.all)).await.ok()?;
        Some(TakenRoom { _message: message, _units: units })
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn every_message_takes_room_and_none_more_than_there_is() {
        let room = Room::new(10, 2 * ROOM_UNIT);
        assert!(!room.is_in_use());
        let empty = room.take(0).await;
        assert!(room.is_in_use());
        drop(empty);
        let huge = room.take(usize::MAX).await;
        assert_eq!(room.units.available_permits(), 0);
        drop(huge);
        assert!(!room.is_in_use());
    }

    #[tokio::test]
    async fn no_more_messages_have_room_than_may_be_out_however_small_they_are() {
        let room = Room::new(3, 1 << 20);
        let mut taken = Vec::new();
        for _ in 0..3 {
            taken.push(room.take(0).now_or_never().unwrap());
        }
        assert!(room.take(0).now_or_never().is_none());
        taken.pop();
        assert!(room.take(0).now_or_never().is_some());
    }
}
