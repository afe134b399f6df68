//! Texts whose webhooks are lost, and the carrier's list in which they are found (R25).

use domain::time::Instant;
use rand::Rng;
use rand::seq::IndexedRandom;

use super::{CUSTOMERS, MINUTE_MS, TEXTS, Walk, log_text};
use crate::oracle::{CaseState, Lost};
use crate::world::inbound_sid;

/// How far the carrier's list lags behind at most: a listing reaches a little further back than this.
pub(super) const MOST_LAG_MS: i64 = 9 * MINUTE_MS;

impl Walk {
    /// A customer texts, and the webhook is lost. The carrier's list tells whole seconds, so it happens at one.
    pub(super) async fn lose_text(&mut self) -> (String, Result<(), String>) {
        if let Err(found) = self.advance(self.whole_second()).await {
            return ("waits for the second".to_owned(), Err(found));
        }
        let from = *CUSTOMERS[..3].choose(&mut self.rng).expect("somebody");
        let body = *TEXTS.choose(&mut self.rng).expect("a text");
        let automatic = self.rng.random_bool(0.1);
        let lag_ms = if self.rng.random_bool(0.4) { self.rng.random_range(0..=MOST_LAG_MS) } else { 0 };
        self.world.lose_text(from, body, automatic, lag_ms);
        let (at, number) = (self.world.clock.now(), self.world.texts_sent());
        let listed_at = at.plus_ms(lag_ms);
        self.oracle.lost.push(Lost { from, body, at, listed_at, automatic, number });
        self.last_text = None;
        let step = format!(
            "{from} texts {body:?}, which is lost and listed {lag_ms} ms later (a machine's: {automatic})"
        );
        (step, Ok(()))
    }

    pub(super) fn whole_second(&self) -> Instant {
        let ms = self.world.clock.now().ms();
        Instant::from_ms((ms + 999) / 1_000 * 1_000)
    }

    pub(super) async fn reconcile(&mut self) -> (String, Result<(), String>) {
        let mut result = self.advance(self.whole_second()).await;
        if result.is_ok() {
            // What is handed over until here was not known to be wrong.
            result = self.look().await;
        }
        if result.is_ok() {
            result = self.reconcile_and_compare().await;
        }
        ("the carrier's list is gone through".to_owned(), result)
    }

    /// Everything lost is found, unless the list fails, and gets what the rule book says. Of several lost texts of
    /// one customer the later ones depend on the earlier: those are left to the oracle's other checks.
    pub(super) async fn reconcile_and_compare(&mut self) -> Result<(), String> {
        let now = self.world.clock.now();
        let before = self.snapshot(None).await?;
        let fails = self.world.carrier.lists_fail();
        self.world.reconcile().await.map_err(log_text)?;
        if fails {
            return Ok(());
        }
        let (lost, unlisted) =
            std::mem::take(&mut self.oracle.lost).into_iter().partition(|one| one.listed_at <= now);
        self.oracle.lost = unlisted;
        let lost: Vec<Lost> = lost;
        self.report.late += lost.len();
        let after = self.snapshot(None).await?;
        for one in &lost {
            let sid = inbound_sid(one.number);
            let of_customer = before.iter().filter(|state| state.case.customer.address == one.from);
            let of_customer: Vec<CaseState> = of_customer.cloned().collect();
            let expected = self.expected(now, one.from, one.body, Some(*one), &of_customer);
            self.oracle.hear(now, one.from, one.body, Some(*one));
            let message = after
                .iter()
                .flat_map(|state| &state.messages)
                .find(|message| message.provider_id.as_ref() == Some(&sid))
                .ok_or_else(|| format!("{one:?} was not found"))?;
            if !message.backfilled || message.sent_at != Some(one.at) {
                return Err(format!("R25: {one:?} is stored as {message:?}"));
            }
            let decisions = after.iter().flat_map(|state| &state.decisions);
            let decided = decisions.filter(|record| record.message_id == message.id);
            let decided: Vec<_> = decided.map(|record| (record.outcome, record.reason)).collect();
            let alone = lost.iter().filter(|other| other.from == one.from).count() == 1;
            if alone && decided != [expected] {
                return Err(format!("the rule book says {expected:?} of {one:?}, the app {decided:?}"));
            }
        }
        Ok(())
    }
}
