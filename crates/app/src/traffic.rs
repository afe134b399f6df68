//! What went over a number lately.

use std::collections::HashMap;

use domain::delivery::DeliveryStatus;
use domain::id::{ChannelId, OrganizationId};
use domain::time::Instant;
use store::traffic::Passed;
use store::{Op, Tx};

use crate::App;
use crate::caller::Caller;
use crate::error::AppError;

/// How many of the organization's newest texts are looked through.
pub const LOOK_THROUGH: u32 = 1_000;

/// What went over a number, as far as it is among the organization's newest texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// When the newest text came in.
    pub last_in_at: Option<Instant>,
    /// When the newest one was written that the carrier took.
    pub last_out_at: Option<Instant>,
    /// When the newest one was written that failed or is unconfirmed, and why.
    pub last_failure: Option<(Instant, String)>,
}

impl Traffic {
    /// Takes in a text that is older than all so far.
    fn note(&mut self, passed: Passed) {
        let Passed { at, delivery, error, .. } = passed;
        match delivery {
            None => drop(self.last_in_at.get_or_insert(at)),
            Some(DeliveryStatus::Sent | DeliveryStatus::Delivered) => {
                self.last_out_at.get_or_insert(at);
            }
            Some(status) if status.needs_a_look() => {
                self.last_failure.get_or_insert((at, error.unwrap_or_default()));
            }
            Some(_) => {}
        }
    }
}

struct ReadTraffic {
    organization_id: OrganizationId,
}

impl Op for ReadTraffic {
    type Out = HashMap<ChannelId, Traffic>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        let mut found: HashMap<ChannelId, Traffic> = HashMap::new();
        for passed in store::traffic::newest(tx, self.organization_id, LOOK_THROUGH).await? {
            found.entry(passed.channel_id).or_default().note(passed);
        }
        Ok(found)
    }
}

impl App {
    /// What went over the organization's numbers lately; a number over which nothing did is left out.
    pub async fn channels_traffic(&self, caller: &Caller) -> Result<HashMap<ChannelId, Traffic>, AppError> {
        caller.require_system_admin()?;
        self.read(ReadTraffic { organization_id: caller.organization_id }).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_each_kind_counts() {
        let mut traffic = Traffic::default();
        let at = Instant::from_ms;
        let texts = [
            (9, Some(DeliveryStatus::Queued), None),
            (8, None, None),
            (7, Some(DeliveryStatus::Failed), Some("Unknown.")),
            (6, Some(DeliveryStatus::Delivered), None),
            (5, None, None),
            (4, Some(DeliveryStatus::Unconfirmed), Some("Lost.")),
            (3, Some(DeliveryStatus::Sent), None),
        ];
        for (ms, delivery, error) in texts {
            let channel_id = ChannelId(uuid::Uuid::nil());
            traffic.note(Passed { channel_id, at: at(ms), delivery, error: error.map(str::to_owned) });
        }
        let expected = Traffic {
            last_in_at: Some(at(8)),
            last_out_at: Some(at(6)),
            last_failure: Some((at(7), "Unknown.".to_owned())),
        };
        assert_eq!(traffic, expected);
    }
}
