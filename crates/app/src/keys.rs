//! What the secret key and the stored auth tokens are to each other (decision 0028).
//!
//! Guaranteed: a channel whose token does not open is paused and says so, and holds up nothing else; nothing is stored
//! under a key that does not open what other channels have stored, unless whoever stores it says that their key is lost.

use domain::channel::Channel;
use domain::id::{ChannelId, OrganizationId};
use domain::phone::display;
use store::{Op, Tx, channels as rows};

use crate::App;
use crate::channels::{AllChannels, open_token};
use crate::error::{AppError, Conflict, DOES_NOT_OPEN};
use crate::seal::SecretKey;

/// The channel as it is at this server: paused if its token does not open here.
pub(crate) async fn as_it_stands(
    tx: &mut Tx,
    secrets: &SecretKey,
    mut channel: Channel,
) -> Result<Channel, AppError> {
    let sealed = rows::sealed_token(tx, channel.organization_id, channel.id).await?;
    if opens(secrets, &channel, &sealed)? {
        return Ok(channel);
    }
    channel.paused_reason = Some(DOES_NOT_OPEN.to_owned());
    Ok(channel)
}

/// Makes sure that the auth token of `channel` may be sealed now: that the key is the one in the file, and opens what
/// every other channel has stored, or that theirs is lost. Makes the first key if there is none.
pub(crate) async fn require_a_fitting_key(
    tx: &mut Tx,
    secrets: &SecretKey,
    channel: &Channel,
    former_key_lost: bool,
) -> Result<(), AppError> {
    secrets.refresh()?;
    let mut closed = Vec::new();
    for (other, sealed) in rows::all_sealed(tx).await? {
        if other.id != channel.id && !opens(secrets, &other, &sealed)? {
            closed.push(other);
        }
    }
    if !closed.is_empty() && !former_key_lost {
        return Err(AppError::Conflict(Conflict::KeyDoesNotFit, does_not_fit(secrets, channel, &closed)));
    }
    Ok(secrets.create_if_missing()?)
}

fn opens(secrets: &SecretKey, channel: &Channel, sealed: &[u8]) -> Result<bool, AppError> {
    match open_token(secrets, channel, sealed) {
        Ok(_) => Ok(true),
        Err(AppError::Sealed { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Names both sides; of other organizations no more than how many numbers.
fn does_not_fit(secrets: &SecretKey, channel: &Channel, closed: &[Channel]) -> String {
    let own = closed.iter().filter(|other| other.organization_id == channel.organization_id);
    let mut named: Vec<String> = own.map(|other| display(other.number.as_str())).collect();
    match closed.len() - named.len() {
        0 => {}
        1 => named.push("a number of another organization".to_owned()),
        others => named.push(format!("{others} numbers of other organizations")),
    }
    let number = display(channel.number.as_str());
    let key = match secrets.is_missing() {
        true => "there is no key file",
        false => "this server's key does not open it",
    };
    format!(
        "The auth token of {number} is not stored: that of {} was stored under another key, and {key}. Put the right key file back. Only if it is lost, say so (former_key_lost; on the command line --former-key-lost), and enter every number's auth token again.",
        named.join(", ")
    )
}

/// Seals the auth token of a channel under the first key, unless it is; returns whether it did.
struct Reseal {
    secrets: SecretKey,
    organization_id: OrganizationId,
    id: ChannelId,
}

impl Op for Reseal {
    type Out = bool;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<bool, AppError> {
        let org = self.organization_id;
        // Nobody enters another token meanwhile.
        store::organizations::enter_alone(tx, org).await?;
        let channel = rows::get(tx, org, self.id).await?.ok_or(AppError::NotFound("channel"))?;
        let sealed = rows::sealed_token(tx, org, self.id).await?;
        if self.secrets.is_sealed_by_first(&sealed, self.id.0.as_bytes()) {
            return Ok(false);
        }
        let token = open_token(&self.secrets, &channel, &sealed)?;
        let sealed = self.secrets.seal(token.as_bytes(), self.id.0.as_bytes());
        rows::set_sealed_token(tx, org, self.id, &sealed).await?;
        Ok(true)
    }
}

impl App {
    /// Makes the first key of an installation that has no channel yet, so that its file can be copied from the start.
    pub async fn prepare_key(&self) -> Result<(), AppError> {
        if self.secrets().is_missing() && self.read(AllChannels).await?.is_empty() {
            self.secrets().create_if_missing()?;
        }
        Ok(())
    }

    /// The channels, in use or not, whose auth token does not open here.
    pub async fn channels_that_do_not_open(&self) -> Result<Vec<Channel>, AppError> {
        let mut closed = Vec::new();
        for (channel, sealed) in self.read(AllChannels).await? {
            if !opens(self.secrets(), &channel, &sealed)? {
                closed.push(channel);
            }
        }
        Ok(closed)
    }

    /// Seals every stored auth token under the first of this server's keys; returns how many were not.
    ///
    /// # Errors
    /// If one of them does not open; what was sealed anew before stays so.
    pub async fn reseal(&self) -> Result<usize, AppError> {
        self.secrets().refresh()?;
        let mut count = 0;
        for (channel, _) in self.read(AllChannels).await? {
            let (secrets, organization_id) = (self.secrets().clone(), channel.organization_id);
            count += usize::from(self.write(Reseal { secrets, organization_id, id: channel.id }).await?);
        }
        Ok(count)
    }
}
