//! What going through the list reads and writes: the number's row, which texts are stored, the number's state.

use std::collections::HashSet;

use domain::id::{ChannelId, OrganizationId};
use domain::time::Instant;
use store::listings::{self, Listing};
use store::{Op, Tx};

use super::{InHand, Round, UNAUTHORIZED_CODE};
use crate::Env;
use crate::channels::credentials;
use crate::delivery_status::explain;
use crate::error::AppError;
use crate::judging::Desk;
use crate::seal::SecretKey;

pub(super) struct Due {
    pub due_by: Instant,
}

impl Op for Due {
    type Out = Vec<Listing>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<Listing>, AppError> {
        Ok(listings::due(tx, self.due_by).await?)
    }
}

pub(super) struct Claim {
    pub listing: Listing,
    pub until: Instant,
}

impl Op for Claim {
    type Out = bool;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<bool, AppError> {
        Ok(listings::claim(tx, &self.listing, self.until).await?)
    }
}

/// What is needed to ask the carrier about a number.
pub(super) struct Open {
    pub secrets: SecretKey,
    pub listing: Listing,
    pub round: Round,
}

impl Op for Open {
    type Out = InHand;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<InHand, AppError> {
        let Listing { organization_id, channel_id, .. } = self.listing;
        let channel = store::channels::get(tx, organization_id, channel_id).await?;
        let channel = channel.ok_or(AppError::NotFound("channel"))?;
        let credentials = credentials(tx, &self.secrets, &channel).await?;
        let restored_at = store::installation::get(tx).await?.restored_at;
        Ok(InHand { listing: self.listing, channel, credentials, restored_at, round: self.round })
    }
}

pub(super) struct Missing {
    pub organization_id: OrganizationId,
    pub ids: Vec<String>,
}

impl Op for Missing {
    type Out = HashSet<String>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<HashSet<String>, AppError> {
        let mut missing = HashSet::new();
        for id in &self.ids {
            if store::messages::by_provider_id(tx, self.organization_id, id).await?.is_none() {
                missing.insert(id.clone());
            }
        }
        Ok(missing)
    }
}

pub(super) struct Keep {
    pub listing: Listing,
    pub claimed: Instant,
}

impl Op for Keep {
    type Out = bool;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<bool, AppError> {
        Ok(listings::keep(tx, &self.listing, self.claimed).await?)
    }
}

pub(super) struct NoteCredentials {
    pub env: Env,
    pub organization_id: OrganizationId,
    pub channel_id: ChannelId,
    pub accepted: bool,
}

impl Op for NoteCredentials {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let mut desk = Desk::open(tx, &self.env, self.organization_id).await?;
        let why = (!self.accepted).then(|| explain(Some(UNAUTHORIZED_CODE)));
        desk.pause_channel(self.channel_id, why.as_deref()).await
    }
}
