//! Consent (R15): the keywords that a customer sends, and the carrier's word that they opted out.
//!
//! Guaranteed: with an opt-out all watches of the customer end in the same transaction, on whichever number they said
//! it, and nobody waits any more until they opt in again.

use domain::auto_reply::Reason;
use domain::customer::{Customer, OptedOutBy};
use domain::keyword::Keyword;
use domain::message::Message;
use domain::time::Instant;
use store::StoreError;

use crate::events::Event;
use crate::judging::Desk;

impl Desk<'_> {
    /// Records an opt-out or an opt-in (R15), if it counts, as said then by the clock outside. Answers whether
    /// cases were changed.
    pub async fn apply_keyword(
        &mut self,
        customer: &mut Customer,
        keyword: Option<Keyword>,
        said_at: Option<Instant>,
    ) -> Result<bool, StoreError> {
        match (keyword, said_at) {
            (Some(Keyword::OptOut), Some(said_at)) => {
                self.opt_out(customer, OptedOutBy::Customer, said_at).await?;
                Ok(true)
            }
            (Some(Keyword::OptIn), Some(said_at)) => {
                customer.opted_out_at = None;
                customer.opted_out_by = None;
                store::customers::update(self.tx, self.org, customer).await?;
                store::customers::set_consent_at(self.tx, self.org, customer.id, said_at).await?;
                self.emit(Event::Customer(customer.id)).await?;
                self.wait_again(customer).await
            }
            _ => Ok(false),
        }
    }

    /// The customer opts out of everything the organization sends: all their watches end, and so does the question
    /// whether a message was meant as an opt-out (R15). It was said at this instant by the clock outside, and has not
    /// been taken back since; what the customer says themselves counts before what others said of them.
    pub async fn opt_out(
        &mut self,
        customer: &mut Customer,
        by: OptedOutBy,
        said_at: Instant,
    ) -> Result<(), StoreError> {
        if customer.opted_out_at.is_none() || by == OptedOutBy::Customer {
            customer.opted_out_by = Some(by);
        }
        customer.opted_out_at.get_or_insert(self.now);
        store::customers::update(self.tx, self.org, customer).await?;
        store::customers::set_consent_at(self.tx, self.org, customer.id, said_at).await?;
        // Whoever has another case of theirs open is to know, too.
        self.emit(Event::Customer(customer.id)).await?;
        for id in store::cases::concerned_by_opt_out(self.tx, self.org, customer.id).await? {
            if let Some(mut case) = store::cases::get(self.tx, self.org, id).await? {
                case.reads_like_stop_id = None;
                self.end_watch(&mut case, Reason::OptedOut).await?;
                self.save(&case).await?;
            }
        }
        for id in store::cases::waiting_of_customer(self.tx, self.org, customer.id).await? {
            if let Some(mut case) = store::cases::get(self.tx, self.org, id).await? {
                case.waiting_since = None;
                self.save(&case).await?;
            }
        }
        Ok(())
    }

    /// What an opted-out customer asked can be answered again. Answers whether cases were changed.
    async fn wait_again(&mut self, customer: &Customer) -> Result<bool, StoreError> {
        let mut changed = false;
        for id in store::cases::of_customer(self.tx, self.org, customer.id).await? {
            let Some(mut case) = store::cases::get(self.tx, self.org, id).await? else { continue };
            let waiting_since = self.waiting_since(&case).await?;
            if case.waiting_since != waiting_since {
                case.waiting_since = waiting_since;
                self.save(&case).await?;
                changed = true;
            }
        }
        Ok(changed)
    }

    /// The carrier says that the recipient of a message opted out: we hold to it from now on, unless they have opted
    /// in since the message was handed over (R15).
    pub async fn opt_out_customer_of(&mut self, message: &Message) -> Result<(), StoreError> {
        let Some(case) = store::cases::get(self.tx, self.org, message.case_id).await? else { return Ok(()) };
        let mut customer = case.customer;
        if customer.opted_out_at.is_some() {
            return Ok(());
        }
        let handed_over_at = store::messages::handed_over_at(self.tx, self.org, message.id).await?;
        let said_at = handed_over_at.unwrap_or(self.outside);
        let newest = store::customers::consent_at(self.tx, self.org, customer.id).await?;
        if newest.is_some_and(|newest| said_at < newest) {
            return Ok(());
        }
        self.opt_out(&mut customer, OptedOutBy::Carrier, said_at).await?;
        self.emit(Event::Case(case.id)).await
    }
}
