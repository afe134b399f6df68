//! What "once" means: the key under which a reply is claimed before it is sent.

use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::time::Instant;

/// An absence (section 2): a stretch without activity of one operator. At most one inactivity reply, the
/// organization's or a personal one, is sent per case and absence (R7): a unique key in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Absence {
    /// Who is absent.
    pub operator_id: UserId,
    /// Their last activity before it.
    pub last_active_at: Instant,
}
