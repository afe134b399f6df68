//! Everything the carrier remembers, in memory and bounded: the oldest messages and the phones unused for
//! longest are forgotten first.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use serde::Serialize;
use serde_json::json;

use crate::control::{MessageView, PhoneView, number_views};
use crate::fault::Faults;
use crate::message::Message;
use crate::{Number, UnknownAccount};

/// How many messages an account keeps.
pub const MESSAGES_PER_ACCOUNT: usize = 10_000;
/// How many messages a phone shows.
pub const MESSAGES_PER_PHONE: usize = 200;
const PHONES: usize = 10_000;
/// How many phones are forgotten at once, so that a crowd of new ones does not look for the oldest each time.
const PHONES_FORGOTTEN: usize = 1_000;

/// What the carrier remembers.
#[derive(Default)]
pub struct State {
    accounts: HashMap<String, AccountState>,
    /// In order of number, so that lists and choices do not jump.
    pub numbers: BTreeMap<String, NumberState>,
    messages: HashMap<String, Message>,
    phones: HashMap<String, Phone>,
    pub faults: Faults,
    pub desk_url: Option<String>,
    pub address: Address,
    uses: u64,
}

/// The carrier's own address, which stands in the addresses of pictures: the one by which the business reaches
/// it, as a business sends its credentials nowhere else; until it did, what the embedding program says.
#[derive(Default)]
pub struct Address {
    pub by_api: Option<String>,
    pub told: Option<String>,
    pub by_page: Option<String>,
}

impl Address {
    pub fn url(&self) -> &str {
        let known = self.by_api.as_deref().or(self.told.as_deref()).or(self.by_page.as_deref());
        known.unwrap_or("http://127.0.0.1:8081")
    }
}

struct AccountState {
    auth_token: String,
    /// Its messages' ids, oldest first.
    sids: VecDeque<String>,
}

/// A business's number.
pub struct NumberState {
    pub account_sid: String,
    pub webhook_url: String,
}

/// A customer's phone.
#[derive(Default)]
pub struct Phone {
    pub name: String,
    /// The ids of its messages, oldest first.
    pub sids: VecDeque<String>,
    /// The business numbers that it wants no messages from.
    pub opted_out: BTreeSet<String>,
    /// The count of uses when it was used first: the order in which phones are shown.
    pub first_use: u64,
    /// The count of uses when it was used last.
    pub last_use: u64,
}

impl State {
    pub fn add_account(&mut self, sid: &str, auth_token: &str) {
        self.accounts
            .entry(sid.to_owned())
            .or_insert_with(|| AccountState { auth_token: String::new(), sids: VecDeque::new() })
            .auth_token = auth_token.to_owned();
    }

    pub fn add_number(&mut self, account_sid: &str, number: Number) -> Result<(), UnknownAccount> {
        if !self.accounts.contains_key(account_sid) {
            return Err(UnknownAccount(account_sid.to_owned()));
        }
        let state =
            NumberState { account_sid: account_sid.to_owned(), webhook_url: number.inbound_webhook_url };
        self.numbers.insert(number.number, state);
        Ok(())
    }

    pub fn auth_token(&self, account_sid: &str) -> Option<&str> {
        self.accounts.get(account_sid).map(|account| account.auth_token.as_str())
    }

    pub fn message(&self, sid: &str) -> Option<&Message> {
        self.messages.get(sid)
    }

    pub fn message_mut(&mut self, sid: &str) -> Option<&mut Message> {
        self.messages.get_mut(sid)
    }

    /// An account's messages, newest first.
    pub fn messages_of(&self, account_sid: &str) -> impl Iterator<Item = &Message> {
        let sids = self.accounts.get(account_sid).map(|account| &account.sids);
        sids.into_iter().flatten().rev().filter_map(|sid| self.messages.get(sid))
    }

    /// Keeps a new message, with its phone.
    pub fn add_message(&mut self, message: Message) {
        let number = message.phone().to_owned();
        let phone = self.use_phone(&number);
        phone.sids.push_back(message.sid.clone());
        if phone.sids.len() > MESSAGES_PER_PHONE {
            phone.sids.pop_front();
        }
        if let Some(account) = self.accounts.get_mut(&message.account_sid) {
            account.sids.push_back(message.sid.clone());
            if account.sids.len() > MESSAGES_PER_ACCOUNT
                && let Some(oldest) = account.sids.pop_front()
            {
                self.messages.remove(&oldest);
            }
        }
        self.messages.insert(message.sid.clone(), message);
    }

    pub fn phone(&self, number: &str) -> Option<&Phone> {
        self.phones.get(number)
    }

    pub fn phones(&self) -> impl Iterator<Item = (&String, &Phone)> {
        self.phones.iter()
    }

    pub fn name_phone(&mut self, number: &str, name: &str) {
        self.use_phone(number).name = name.to_owned();
    }

    /// The phone with this number, which is in use now.
    pub fn use_phone(&mut self, number: &str) -> &mut Phone {
        if !self.phones.contains_key(number) && self.phones.len() >= PHONES {
            self.forget_phones();
        }
        self.uses += 1;
        let phone = self.phones.entry(number.to_owned()).or_default();
        if phone.first_use == 0 {
            phone.first_use = self.uses;
        }
        phone.last_use = self.uses;
        phone
    }

    /// Forgets phones that nobody named and that opted out of nothing, unused for longest first, then any.
    fn forget_phones(&mut self) {
        let mut by_worth: Vec<(bool, u64, String)> = self
            .phones
            .iter()
            .map(|(number, phone)| {
                let special = !phone.name.is_empty() || !phone.opted_out.is_empty();
                (special, phone.last_use, number.clone())
            })
            .collect();
        by_worth.sort_unstable();
        for (_, _, number) in by_worth.into_iter().take(PHONES_FORGOTTEN) {
            self.phones.remove(&number);
        }
    }

    pub fn has_opted_out(&self, phone: &str, number: &str) -> bool {
        self.phones.get(phone).is_some_and(|phone| phone.opted_out.contains(number))
    }
}

/// Something a page wants to know.
#[derive(Debug, Clone)]
pub struct Event {
    pub name: &'static str,
    pub data: String,
}

impl Event {
    fn new(name: &'static str, data: impl Serialize) -> Self {
        Self { name, data: serde_json::to_string(&data).unwrap_or_default() }
    }

    pub fn message(state: &State, sid: &str) -> Self {
        match state.message(sid) {
            Some(message) => {
                Self::new("message", json!({ "phone": message.phone(), "message": MessageView::of(message) }))
            }
            None => Self::reload(),
        }
    }

    pub fn phone(state: &State, number: &str) -> Self {
        Self::new("phone", PhoneView::of(state, number, MESSAGES_PER_PHONE))
    }

    pub fn numbers(state: &State) -> Self {
        Self::new("numbers", json!({ "numbers": number_views(state), "desk_url": state.desk_url }))
    }

    pub fn faults(state: &State) -> Self {
        Self::new("faults", json!({ "faults": state.faults.list() }))
    }

    pub fn reload() -> Self {
        Self::new("reload", json!({}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Direction;

    fn text(sid: String, from: String) -> Message {
        Message {
            sid,
            account_sid: "AC1".into(),
            direction: Direction::Inbound,
            from,
            to: "+15559870000".into(),
            body: "Hi".into(),
            status: "received",
            error_code: None,
            error_message: None,
            media: vec![],
            media_links: 0,
            created_ms: 0,
            updated_ms: 0,
            sent_ms: None,
            handover: None,
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut state = State::default();
        state.add_account("AC1", "t");
        state.name_phone("+15550000000", "Ana");
        for index in 0..MESSAGES_PER_ACCOUNT + 1_500 {
            state.add_message(text(format!("SM{index}"), format!("+1555{index:07}")));
        }
        assert_eq!(state.messages.len(), MESSAGES_PER_ACCOUNT);
        assert_eq!(state.messages_of("AC1").count(), MESSAGES_PER_ACCOUNT);
        assert_eq!(state.messages_of("AC1").next().unwrap().sid, "SM11499");
        assert!(state.message("SM1499").is_none() && state.message("SM1500").is_some());
        assert!(state.phones.len() <= PHONES);
        assert!(state.phone("+15550000000").is_some(), "a named phone outlives a crowd");
        for index in 0..MESSAGES_PER_PHONE + 10 {
            state.add_message(text(format!("SMx{index}"), "+15550000000".into()));
        }
        assert_eq!(state.phone("+15550000000").unwrap().sids.len(), MESSAGES_PER_PHONE);
    }
}
