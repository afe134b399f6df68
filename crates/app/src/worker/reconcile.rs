//! Takes in the texts that the carrier's webhook never delivered: lists those to each of our numbers, and lets
//! what is not stored yet go the way of every text, marked as taken in late.
//!
//! Guaranteed: a text is found however long the desk was away, as long as the carrier keeps it (Twilio: 400
//! days) and from when the number was added or switched on; the oldest are taken in first; webhook and list may
//! bring the same text at the same time. Not guaranteed: promptness. A number is asked about once a minute and at
//! start, one after another; after long downtime a round goes through so many days, takes in so many texts, and
//! leaves the rest to the next. Of more than 100,000 texts to one number on one day the oldest stay unseen, with an error logged.
//!
//! When to ask goes by the clock outside, how far the list was gone through by the carrier's own.

mod rows;

use std::collections::HashSet;
use std::sync::PoisonError;
use std::time::Duration;

use ::channels::twilio::client::Credentials;
use ::channels::twilio::inbound::{Inbound, InvalidInbound};
use ::channels::twilio::list::{CarrierError, CarrierMessage, Listing as Listed};
use ::channels::twilio::list_inbound::Window;
use ::channels::twilio::status::CarrierStatus;
use domain::channel::Channel;
use domain::id::{ChannelId, OrganizationId};
use domain::phone::mask;
use domain::time::{DAY_MS, Instant, MINUTE_MS, SECOND_MS};
use store::StoreError;
use store::listings::Listing;

use super::Worker;
use crate::App;
use crate::delivery_status::explain;
use crate::error::AppError;
use crate::receive_message::{InboundMessage, Late, ReceiveMessage, Received};
use rows::{Claim, Due, Keep, Missing, NoteCredentials, Open};

/// How often it is looked which numbers are due, in real time.
pub(super) const LOOK: Duration = Duration::from_secs(5);
/// How often a number is listed, and how long it may be in hand.
const PERIOD_MS: i64 = MINUTE_MS;
/// A text this young is left to its webhook, except at start, and so is one whose files are still on their way to
/// the carrier; it is looked for again so much later.
const YOUNG_MS: i64 = 20 * SECOND_MS;
/// How old a text gets before it is taken in without the files that the carrier does not tell about.
const FILES_MS: u64 = 10 * 60 * 1_000;
/// How far a listing reaches back behind the one before: Twilio does not say how soon a text is listed.
const OVERLAP_MS: i64 = 10 * MINUTE_MS;
/// The carrier's dates are whole seconds.
const GRAIN_MS: i64 = SECOND_MS;
/// A time longer than this is gone through day by day, the oldest first.
const AT_ONCE_MS: i64 = 2 * DAY_MS;
/// How many days one round goes through.
const DAYS_A_ROUND: u32 = 30;
/// How many texts one round takes in.
const TEXTS_A_ROUND: usize = 500;
/// How many texts are asked for at a time. Texts are few; the pages before the first known one are all it takes.
const PAGE: u32 = 200;
/// The carrier's code for credentials that it does not accept (docs/carrier.md, "Sending").
const UNAUTHORIZED_CODE: u32 = 20003;

/// Which numbers to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Those that are due.
    Due,
    /// All of them, texts of just now included: what came before this process began found no webhook here.
    AtStart,
}

/// A number in hand.
struct InHand {
    listing: Listing,
    channel: Channel,
    credentials: Credentials,
    /// When the database was put back from a backup.
    restored_at: Option<Instant>,
    round: Round,
}

/// How far a window of the list was gone through.
struct Step {
    /// Texts from here on are still to be listed.
    since: Option<Instant>,
    next: Next,
}

enum Next {
    /// The next day, in this round.
    Day,
    /// The next round, so many milliseconds later.
    Round(i64),
}

impl App {
    /// Lists the numbers and takes in what is missing. A number in trouble holds up no other.
    pub async fn reconcile(&self, round: Round) -> Result<(), AppError> {
        let due_by = match round {
            Round::Due => self.env().outside.now(),
            Round::AtStart => Instant::from_ms(i64::MAX),
        };
        for listing in self.read(Due { due_by }).await? {
            let channel_id = listing.channel_id;
            if let Err(error) = self.reconcile_number(listing, round).await {
                let error = error.log_text();
                tracing::error!(%channel_id, error, "the texts to a number could not be gone through");
            }
        }
        Ok(())
    }

    async fn reconcile_number(&self, listing: Listing, round: Round) -> Result<(), AppError> {
        let mut claimed = self.env().outside.now().plus_ms(PERIOD_MS);
        let secrets = self.secrets().clone();
        let opened = self.read(Open { secrets, listing, round }).await;
        self.note_whether_it_opens(listing.channel_id, &opened);
        // What does not open here is left to a node that has the key.
        if matches!(opened, Err(AppError::Sealed { .. })) {
            return Ok(());
        }
        let mut in_hand = opened?;
        if !self.write(Claim { listing, until: claimed }).await? {
            return Ok(());
        }
        for day in 1.. {
            self.0.worker.health.alive(Worker::Reconcile);
            let Step { since, next } = self.list_window(&in_hand).await;
            let (goes_on, pause_ms) = match next {
                Next::Day if day < DAYS_A_ROUND => (true, PERIOD_MS),
                Next::Day => (false, 0),
                Next::Round(pause_ms) => (false, pause_ms),
            };
            let due_at = self.env().outside.now().plus_ms(pause_ms);
            in_hand.listing = Listing { since, due_at: Some(due_at), ..listing };
            if !self.write(Keep { listing: in_hand.listing, claimed }).await? || !goes_on {
                break;
            }
            claimed = due_at;
        }
        Ok(())
    }

    /// Says once in the log that a number's auth token does not open, and once that it does again.
    fn note_whether_it_opens(&self, id: ChannelId, opened: &Result<InHand, AppError>) {
        let mut closed = self.0.worker.closed.lock().unwrap_or_else(PoisonError::into_inner);
        match opened {
            Err(error @ AppError::Sealed { .. }) if closed.insert(id) => {
                tracing::error!("a channel is paused: {}", error.log_text());
            }
            Ok(in_hand) if closed.remove(&id) => {
                tracing::info!(number = %masked(in_hand), "the auth token of a channel opens again");
            }
            _ => {}
        }
    }

    /// Lists the texts that are still to be listed, of one day if there are many days, and takes in what is
    /// missing.
    async fn list_window(&self, in_hand: &InHand) -> Step {
        let InHand { listing, channel, credentials, restored_at, round } = in_hand;
        let number = channel.number.as_str();
        let (here, outside) = (self.clock().now(), self.env().outside.now());
        let since = listing.since.unwrap_or(listing.from.plus_ms(-OVERLAP_MS));
        let window = Window { since_ms: since.ms(), one_day: outside.since_ms(since) > AT_ONCE_MS };
        let listed = match self.carrier().list_inbound(credentials, number, window, PAGE).await {
            Ok(listed) => listed,
            Err(error) => {
                let pause_ms = self.note_trouble(in_hand, error).await;
                return Step { since: listing.since, next: Next::Round(pause_ms) };
            }
        };
        self.note_success(in_hand, &listed).await;
        let carrier_now = listed.date_ms.map_or(outside, Instant::from_ms);
        // From before the number was this desk's nothing is taken in; ages are told by the carrier's clock.
        let oldest = carrier_now.plus_ms(-outside.since_ms(listing.from) - GRAIN_MS);
        let youngest = match round {
            Round::AtStart => carrier_now,
            Round::Due => carrier_now.plus_ms(-YOUNG_MS),
        };
        // One that nothing dates is as old as a text of this window can be.
        let sent = |text: &CarrierMessage| text.date_created_ms.map_or(since.max(oldest), Instant::from_ms);
        let stop_at =
            |text: &CarrierMessage, pause_ms| Step { since: Some(sent(text)), next: Next::Round(pause_ms) };
        let mut texts = listed.messages;
        texts.retain(|text| sent(text) >= oldest);
        let is_young =
            |text: &CarrierMessage| sent(text) > youngest || text.status == CarrierStatus::Receiving;
        let young = texts.iter().any(is_young);
        texts.retain(|text| !is_young(text));
        let missing = match self.missing(listing.organization_id, &texts).await {
            Ok(missing) => missing,
            Err(error) => {
                tracing::error!(error = error.log_text(), "it could not be looked which texts are stored");
                return Step { since: listing.since, next: Next::Round(PERIOD_MS) };
            }
        };
        texts.retain(|text| missing.contains(&text.provider_id));
        // Within a second the list's order counts, which is newest first.
        texts.reverse();
        texts.sort_by_key(sent);
        let mut failed = None;
        for (count, text) in texts.iter().enumerate() {
            if count == TEXTS_A_ROUND {
                return stop_at(failed.unwrap_or(text), 0);
            }
            let age_ms = carrier_now.since_ms(sent(text)).max(0);
            let sent_at = here.plus_ms(-age_ms);
            let late = Late {
                sent_at,
                sent_outside: outside.plus_ms(-age_ms),
                before_restore: restored_at.is_some_and(|restored_at| sent_at <= restored_at),
            };
            let id = &text.provider_id;
            match self.take_in(in_hand, text, late).await {
                Ok(()) => {}
                Err(NotTakenIn::Carrier(error)) => {
                    tracing::warn!(id, %error, "the carrier does not tell what came with a text");
                    if !matches!(error, CarrierError::Unreachable(_)) {
                        return stop_at(failed.unwrap_or(text), PERIOD_MS);
                    }
                    failed = failed.or(Some(text));
                }
                Err(NotTakenIn::Here(AppError::Store(error @ StoreError::Unavailable { .. }))) => {
                    tracing::error!(
                        id,
                        error = error.log_text(),
                        "the texts of the carrier's list cannot be stored"
                    );
                    return stop_at(failed.unwrap_or(text), PERIOD_MS);
                }
                Err(NotTakenIn::Here(error)) => {
                    let error = error.log_text();
                    tracing::error!(id, error, "a text of the carrier's list could not be taken in");
                    failed = failed.or(Some(text));
                }
            }
        }
        let next_day = Instant::from_ms((since.ms().div_euclid(DAY_MS) + 1) * DAY_MS);
        match (window.one_day && next_day < carrier_now, failed) {
            // One that could not be taken in for two days must not keep all later ones out.
            (true, _) => Step { since: Some(next_day), next: Next::Day },
            (false, Some(text)) => stop_at(text, PERIOD_MS),
            (false, None) => Step {
                since: Some(carrier_now.plus_ms(-OVERLAP_MS)),
                next: Next::Round(if young { YOUNG_MS } else { PERIOD_MS }),
            },
        }
    }

    /// The carrier's ids of those that are not stored.
    async fn missing(
        &self,
        organization_id: OrganizationId,
        texts: &[CarrierMessage],
    ) -> Result<HashSet<String>, AppError> {
        let ids = texts.iter().map(|text| text.provider_id.clone()).collect();
        self.read(Missing { organization_id, ids }).await
    }

    /// Takes a text in as if the webhook had brought it now; one that cannot be a text is passed over.
    async fn take_in(&self, in_hand: &InHand, text: &CarrierMessage, late: Late) -> Result<(), NotTakenIn> {
        let id = &text.provider_id;
        let age_ms = late.sent_outside.ms().abs_diff(self.env().outside.now().ms());
        let listed = self.listed_inbound(&in_hand.credentials, text, age_ms).await;
        let listed = listed.map_err(NotTakenIn::Carrier)?;
        let inbound = match listed {
            Ok(inbound) => inbound,
            Err(InvalidInbound { field, message }) => {
                tracing::error!(id, field, reason = message, "a text of the carrier's list cannot be a text");
                return Ok(());
            }
        };
        let receive = ReceiveMessage {
            env: self.env().clone(),
            organization_id: in_hand.listing.organization_id,
            channel_id: in_hand.listing.channel_id,
            inbound: InboundMessage::of(inbound, Some(late)),
            verified: None,
        };
        // Not while the clock is moved forward. Waiting for the carrier takes nobody's turn.
        let _turn = self.0.worker.turn.read().await;
        if let Some(Received::Stored { .. }) = self.write(receive).await.map_err(NotTakenIn::Here)? {
            metrics::counter!("backsoon_messages_backfilled_total").increment(1);
            tracing::info!(id, number = %masked(in_hand), "took in a text that the webhook had not brought");
        }
        Ok(())
    }

    /// The text with its files, or without them if the carrier has them no more, if what it says of them cannot be
    /// read, or if it has not told for long.
    async fn listed_inbound(
        &self,
        credentials: &Credentials,
        text: &CarrierMessage,
        age_ms: u64,
    ) -> Result<Result<Inbound, InvalidInbound>, CarrierError> {
        let answer = self.carrier().listed_inbound(credentials, text).await;
        let without_files = match &answer {
            Err(CarrierError::Unreachable(_)) => age_ms > FILES_MS,
            Err(CarrierError::TooManyRequests { .. } | CarrierError::Unauthorized) | Ok(_) => false,
            Err(_) => true,
        };
        match answer {
            Err(error) if without_files => {
                let id = &text.provider_id;
                tracing::warn!(id, %error, "a text is taken in without its files");
                let bare = CarrierMessage { num_media: 0, ..text.clone() };
                self.carrier().listed_inbound(credentials, &bare).await
            }
            answer => answer,
        }
    }

    /// Notes why the list could not be read; answers when to try again, in milliseconds.
    async fn note_trouble(&self, in_hand: &InHand, error: CarrierError) -> i64 {
        metrics::counter!("backsoon_listings_total", "outcome" => "failed").increment(1);
        let number = masked(in_hand);
        tracing::warn!(%number, %error, "the texts to a number cannot be listed; it is tried again");
        match error {
            CarrierError::Unauthorized => {
                self.note_credentials(in_hand, false).await;
                PERIOD_MS
            }
            CarrierError::TooManyRequests { retry_after_ms: Some(ms) } => {
                i64::try_from(ms).unwrap_or(PERIOD_MS).max(PERIOD_MS)
            }
            _ => PERIOD_MS,
        }
    }

    async fn note_success(&self, in_hand: &InHand, listed: &Listed) {
        metrics::counter!("backsoon_listings_total", "outcome" => "ok").increment(1);
        if !listed.complete {
            let (number, count) = (masked(in_hand), listed.messages.len());
            tracing::error!(%number, count, "too many texts to a number on one day: older ones stay unseen");
        }
        self.note_credentials(in_hand, true).await;
    }

    /// Notes on the channel that the carrier does not accept its credentials, or that it does again.
    async fn note_credentials(&self, in_hand: &InHand, accepted: bool) {
        let paused = in_hand.channel.paused_reason.as_deref();
        let noted = paused == Some(explain(Some(UNAUTHORIZED_CODE)).as_str());
        // Whatever else it is paused for, sending will find out.
        if noted != accepted || (!accepted && paused.is_some()) {
            return;
        }
        let Listing { organization_id, channel_id, .. } = in_hand.listing;
        let note = NoteCredentials { env: self.env().clone(), organization_id, channel_id, accepted };
        if let Err(error) = self.write(note).await {
            tracing::error!(error = error.log_text(), "a number's state could not be noted");
        }
    }
}

/// Why a text is not taken in yet.
enum NotTakenIn {
    /// The carrier is in trouble.
    Carrier(CarrierError),
    /// The desk is.
    Here(AppError),
}

fn masked(in_hand: &InHand) -> String {
    mask(in_hand.channel.number.as_str())
}
