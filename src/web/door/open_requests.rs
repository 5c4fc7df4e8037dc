//! How many requests one member may have open at once, counted until their answers are taken: who holds many open would
//! otherwise leave no connections to the others.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use http_body::{Frame, SizeHint};

use crate::domain::limiter::Requester;

/// Requests of one member that are open at once, in one process. It has 1,024 connections for all.
const MOST: u32 = 100;

/// Who has how many requests open.
#[derive(Debug, Default)]
pub(crate) struct OpenRequests(Mutex<HashMap<Requester, u32>>);

/// A request that is open.
#[derive(Debug)]
pub(crate) struct Place {
    of: Arc<OpenRequests>,
    requester: Requester,
}

impl OpenRequests {
    /// Takes a place; `None` when all of theirs are taken.
    pub(crate) fn enter(self: &Arc<Self>, requester: Requester) -> Option<Place> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let n_open = open.entry(requester).or_default();
        if *n_open >= MOST {
            return None;
        }
        *n_open += 1;
        Some(Place { of: self.clone(), requester })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n_open) = open.get_mut(&self.requester) {
            *n_open -= 1;
            if *n_open == 0 {
                open.remove(&self.requester);
            }
        }
    }
}

impl Place {
    /// The answer, which keeps the place until it is taken or its reader has gone.
    pub(crate) fn until_taken(self, response: Response) -> Response {
        response.map(|body| Body::new(Held { body, _place: self }))
    }
}

struct Held {
    body: Body,
    _place: Place,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_all_their_places_gets_one_when_an_answer_is_taken_and_the_others_have_theirs() {
        let open = Arc::new(OpenRequests::default());
        let mut held: Vec<_> =
            (0..MOST).map(|_| open.enter(Requester::Member(1)).expect("a place")).collect();
        assert!(open.enter(Requester::Member(1)).is_none());
        assert!(open.enter(Requester::Member(2)).is_some());
        let place = held.pop().unwrap();
        let answer = place.until_taken(Response::new(Body::from("an answer")));
        assert_eq!(answer.body().size_hint().exact(), Some(9));
        assert!(open.enter(Requester::Member(1)).is_none(), "the answer is not taken yet");
        drop(answer);
        assert!(open.enter(Requester::Member(1)).is_some());
        drop(held);
        assert!(open.0.lock().unwrap().is_empty(), "nobody is remembered for nothing");
    }
}
