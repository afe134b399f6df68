//! Who has a number: asked before a case is opened, so that nobody gets a second one unawares.

use domain::country::Country;
use domain::customer::Customer;
use domain::id::OrganizationId;
use domain::phone::{self, PhoneNumber, UnreadableNumber};
use store::{Op, Tx};

use crate::App;
use crate::caller::Caller;
use crate::cases::{CaseView, views};
use crate::error::AppError;
use crate::organizations;

/// Why a number cannot be a customer's. Reads after the field's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoCustomersNumber {
    #[error("{0}")]
    Unreadable(#[from] UnreadableNumber),
    #[error("is one of your own numbers: enter the customer's")]
    Own,
}

/// What is needed to read the number of a customer.
pub(crate) struct Numbers {
    country: Option<Country>,
    own: Vec<PhoneNumber>,
}

impl Numbers {
    /// A customer's number as a person writes it: one of the organization's country unless it says otherwise, and
    /// none of its own.
    pub fn customers(&self, text: &str) -> Result<PhoneNumber, NoCustomersNumber> {
        let number = phone::read(text, self.country)?;
        if self.own.contains(&number) { Err(NoCustomersNumber::Own) } else { Ok(number) }
    }
}

/// Reads [`Numbers`].
pub(crate) struct KnownNumbers {
    pub organization_id: OrganizationId,
}

impl Op for KnownNumbers {
    type Out = Numbers;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Numbers, AppError> {
        let country = organizations::country(tx, self.organization_id).await?;
        let channels = store::channels::list(tx, self.organization_id).await?;
        Ok(Numbers { country, own: channels.into_iter().map(|channel| channel.number).collect() })
    }
}

/// Who has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookUp {
    /// The number as it is stored.
    pub phone: PhoneNumber,
    /// Whose it is, if they are known.
    pub customer: Option<Customer>,
    /// Their open cases, newest first.
    pub open_cases: Vec<CaseView>,
}

struct FindCustomer {
    caller: Caller,
    phone: PhoneNumber,
}

impl Op for FindCustomer {
    type Out = LookUp;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<LookUp, AppError> {
        let org = self.caller.organization_id;
        let phone = self.phone.clone();
        let Some(customer) = store::customers::by_address(tx, org, phone.as_str()).await? else {
            return Ok(LookUp { phone, customer: None, open_cases: Vec::new() });
        };
        let mut open = Vec::new();
        for id in store::cases::of_customer(tx, org, customer.id).await? {
            let case = store::cases::get(tx, org, id).await?;
            open.extend(case.filter(|case| case.status == domain::case::CaseStatus::Open));
        }
        open.reverse();
        let open_cases = views(tx, &self.caller, open).await?;
        Ok(LookUp { phone, customer: Some(customer), open_cases })
    }
}

impl App {
    /// Who has the number that a person wrote, with their open cases.
    pub async fn customer_lookup(&self, caller: &Caller, text: &str) -> Result<LookUp, AppError> {
        caller.require_operator()?;
        let numbers = self.read(KnownNumbers { organization_id: caller.organization_id }).await?;
        let phone = numbers.customers(text).map_err(|error| AppError::field("phone", error.to_string()))?;
        self.read(FindCustomer { caller: *caller, phone }).await
    }
}
