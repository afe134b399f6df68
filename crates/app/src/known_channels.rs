//! The channels that webhooks came for, remembered so that a signature can be verified without asking the store.
//!
//! What is remembered may be out of date: another node may have changed the channel. So it accepts nothing by itself,
//! because the transaction that stores a message looks whether the channel is still like that, and it refuses
//! nothing, because a signature that does not fit it is held against what is stored.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::channel::Channel;
use store::{Op, StoreError, Tx, channels as rows};

use crate::App;
use crate::channels::open_token;
use crate::error::AppError;

/// By number, as they were looked up last.
#[derive(Default)]
pub(crate) struct KnownChannels(Mutex<HashMap<String, Arc<SealedChannel>>>);

impl KnownChannels {
    pub(crate) fn get(&self, number: &str) -> Option<Arc<SealedChannel>> {
        self.lock().get(number).cloned()
    }

    pub(crate) fn set(&self, number: &str, channel: Option<Arc<SealedChannel>>) {
        match channel {
            Some(channel) => self.lock().insert(number.to_owned(), channel),
            None => self.lock().remove(number),
        };
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<SealedChannel>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// The active channel of this number, in whichever organization.
    pub async fn channel_of_number(&self, number: &str) -> Result<Option<SealedChannel>, AppError> {
        self.read(FindChannel { number: number.to_owned() }).await
    }

    /// The auth token that signs webhooks to the channel: its own alone, because an account may serve several
    /// organizations.
    pub fn auth_token(&self, sealed: &SealedChannel) -> Result<String, AppError> {
        open_token(self.secrets(), &sealed.channel, &sealed.token)
    }
}

/// A channel with its auth token, which stays sealed.
pub struct SealedChannel {
    /// The channel.
    pub channel: Channel,
    token: Vec<u8>,
}

impl SealedChannel {
    /// Asks ahead for [`SealedChannel::active`].
    pub(crate) async fn ask(tx: &mut Tx, number: &str) -> Result<(), StoreError> {
        rows::ask_by_number_sealed(tx, number).await
    }

    /// The active channel of this number.
    pub(crate) async fn active(tx: &mut Tx, number: &str) -> Result<Option<Self>, StoreError> {
        let found = rows::by_number_sealed(tx, number).await?;
        Ok(found.map(|(channel, token)| Self { channel, token }).filter(|found| found.channel.active))
    }

    /// Whether both are the same channel with the same token.
    pub(crate) fn still(&self, now: &Self) -> bool {
        self.channel.id == now.channel.id && self.token == now.token
    }
}

struct FindChannel {
    number: String,
}

impl Op for FindChannel {
    type Out = Option<SealedChannel>;
    type Error = AppError;

    /// Webhooks that cannot be verified by what is remembered may come in crowds.
    fn in_crowd(&self) -> bool {
        true
    }

    async fn ask(&self, tx: &mut Tx) -> Result<(), StoreError> {
        SealedChannel::ask(tx, &self.number).await
    }

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        Ok(SealedChannel::active(tx, &self.number).await?)
    }
}
