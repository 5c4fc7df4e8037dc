//! Reading again what a run has set aside: part by part, each judged by the filter of the run.

use crate::{
    brokers::{read_set_aside, stored_filter},
    domain::{filter::Filter, run::Run, sharing::Asker},
    storage::{
        KeptAgain, KeptAlert, NotDone, SetAside, Storage, StorageError, ToTryAgain, TriedAgain,
    },
};

/// Messages that one request tries at most; the next one goes on with those that were not tried yet.
pub const MOST_TRIED_AT_ONCE: u16 = 2_000;

/// Messages of a part, and their bytes.
const PART: usize = 200;
const PART_BYTES: i64 = 16 << 20;

/// What became of what was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadAgain {
    /// So many were read, and so many were not.
    Done(KeptAgain),
    /// The filter of the run is none that this version of the software has: nothing was tried.
    Misfit,
}

/// Tries again what a run has set aside; `None` when the run is not there for them.
pub async fn read_again(
    storage: &Storage,
    by: &Asker,
    run: &Run,
) -> Result<Option<ReadAgain>, NotDone> {
    let limit = i64::from(MOST_TRIED_AT_ONCE);
    let Some(messages) = storage.list_to_try_again(by, run.id, limit).await? else {
        return Ok(None);
    };
    // As it was when the run began: "24h" counts from there.
    let Some(filter) = stored_filter(&run.parameters, run.started.unwrap_or(run.created)) else {
        return Ok(Some(ReadAgain::Misfit));
    };
    let mut done = KeptAgain::default();
    for part in parts(&messages) {
        let set_aside = storage.find_set_aside(by, run.id, &part).await?;
        let filter = filter.clone();
        let tried = tokio::task::spawn_blocking(move || try_again(set_aside, &filter))
            .await
            .map_err(|_| StorageError::BrokenOff)?;
        let kept = storage.keep_read_again(by, run.id, &tried).await?;
        done.passed += kept.passed;
        done.rejected += kept.rejected;
        done.unreadable += kept.unreadable;
    }
    Ok(Some(ReadAgain::Done(done)))
}

/// The ids of messages in parts, none of them larger than need be.
fn parts(messages: &[ToTryAgain]) -> Vec<Vec<i64>> {
    let mut parts: Vec<Vec<i64>> = Vec::new();
    let mut n_bytes = 0;
    for message in messages {
        n_bytes += message.n_bytes;
        match parts.last_mut() {
            Some(part) if part.len() < PART && n_bytes <= PART_BYTES => part.push(message.id),
            _ => {
                parts.push(vec![message.id]);
                n_bytes = message.n_bytes;
            }
        }
    }
    parts
}

fn try_again(messages: Vec<SetAside>, filter: &Filter) -> TriedAgain {
    let mut tried = TriedAgain::default();
    for SetAside { id, bytes, attributes } in messages {
        match read_set_aside(&bytes, attributes.as_ref()) {
            Err(reason) => tried.unreadable.push((id, reason)),
            Ok(alert) => match filter.judge(&alert) {
                Ok(()) => tried.passed.push((id, KeptAlert { alert, attributes })),
                Err(rejection) => tried.rejected.push((id, rejection.rule.id().to_owned())),
            },
        }
    }
    tried
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_neither_too_many_messages_nor_too_many_bytes() {
        let of = |sizes: &[i64]| {
            let messages =
                (1..).zip(sizes).map(|(id, n_bytes)| ToTryAgain { id, n_bytes: *n_bytes });
            parts(&messages.collect::<Vec<_>>()).iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(of(&[]), Vec::<usize>::new());
        assert_eq!(of(&[70_000; 450]), [200, 200, 50]);
        assert_eq!(of(&[PART_BYTES - 1, 1, 1, PART_BYTES + 1, 1]), [2, 1, 1, 1]);
    }
}
