//! Customers' files on their way out: they are whole in memory until they have been taken.
//!
//! Guaranteed: so many at once and no more, and of one person fewer, so that nobody's unread pictures keep those of
//! the others back. Who comes when all places are taken waits for one, within the time that a request may take.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use app::error::AppError;
use axum::body::Body;
use bytes::Bytes;
use domain::id::UserId;
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most files at once; each has at most 5 MB.
const MOST: usize = 12;
/// The most of one person.
const MOST_OF_ONE: usize = 4;

/// The places for files.
pub struct Files {
    all: Arc<Semaphore>,
    of_one: Mutex<HashMap<UserId, Weak<Semaphore>>>,
}

/// The place of one file.
pub struct Place {
    _own: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
    /// Lives as long as anybody has or wants one of this person's places.
    _of_one: Arc<Semaphore>,
}

impl Default for Files {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(MOST)), of_one: Mutex::default() }
    }
}

impl Files {
    /// A place for a file that this person asks for, when there is one.
    pub async fn place(&self, user: UserId) -> Result<Place, AppError> {
        let of_one = self.places_of(user);
        let closed = |_| AppError::Internal("the places for files are gone".to_owned());
        let own = of_one.clone().acquire_owned().await.map_err(closed)?;
        let of_all = self.all.clone().acquire_owned().await.map_err(closed)?;
        Ok(Place { _own: own, _of_all: of_all, _of_one: of_one })
    }

    fn places_of(&self, user: UserId) -> Arc<Semaphore> {
        let mut of_one = self.of_one.lock().unwrap_or_else(PoisonError::into_inner);
        of_one.retain(|_, places| places.strong_count() > 0);
        if let Some(places) = of_one.get(&user).and_then(Weak::upgrade) {
            return places;
        }
        let places = Arc::new(Semaphore::new(MOST_OF_ONE));
        of_one.insert(user, Arc::downgrade(&places));
        places
    }
}

impl Place {
    /// A body that keeps the place until the file has been taken or given up.
    pub fn body(self, file: Bytes) -> Body {
        Body::from_stream(stream::unfold((self, Some(file)), |(place, file)| async {
            file.map(|file| (Ok::<_, Infallible>(file), (place, None)))
        }))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn v2_4_1_files_that_nobody_takes_keep_no_more_than_their_share() {
        let files = Files::default();
        let person = |n: u128| UserId::from(Uuid::from_u128(n));
        let place = |n| files.place(person(n)).now_or_never().map(|place| place.unwrap());
        let mut held: Vec<_> = (0..MOST_OF_ONE).map(|_| place(1).expect("of one's own")).collect();
        assert!(place(1).is_none());
        let others = (MOST_OF_ONE..MOST).map(|n| place(n as u128 + 2).expect("of all"));
        held.extend(others);
        assert!(place(100).is_none());
        // A body that is read to its end, and one that is dropped: both give their place back.
        let body = held.remove(0).body(Bytes::from_static(b"picture"));
        assert!(place(100).is_none(), "the body keeps the place");
        assert_eq!(axum::body::to_bytes(body, 100).await.unwrap(), "picture");
        let again = place(100).expect("it is free again");
        drop(again.body(Bytes::new()));
        held.push(place(1).expect("of one's own, too"));
        held.clear();
        assert!(place(1).is_some());
        assert_eq!(files.of_one.lock().unwrap().len(), 1, "who has left is forgotten");
    }
}
