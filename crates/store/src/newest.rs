//! The greatest id in the database, for [`domain::id::IdSource::start_after`]: a clock set back between two
//! runs must not reorder anything.

use uuid::Uuid;

use crate::engine::Tx;
use crate::error::StoreError;
use crate::sql::statements;

/// The newest id of one table: one index look-up per organization.
macro_rules! newest_of {
    ($table:literal) => {
        concat!(
            "SELECT (SELECT t.id FROM ",
            $table,
            " AS t WHERE t.organization_id = o.id ORDER BY t.id DESC LIMIT 1) AS id
            FROM organizations AS o ORDER BY 1 DESC NULLS LAST LIMIT 1"
        )
    };
}

statements! { "organizations":
    ORGANIZATION = "SELECT id FROM organizations ORDER BY id DESC LIMIT 1";
    USER = newest_of!("users");
    CHANNEL = newest_of!("channels");
    TOKEN = newest_of!("api_tokens");
    CUSTOMER = newest_of!("customers");
    CASE = newest_of!("cases");
    MESSAGE = newest_of!("messages");
    DECISION = newest_of!("decisions");
    EVENT = newest_of!("events");
    AUDIT_ENTRY = newest_of!("audit_entries");
}

/// The greatest id that was ever drawn and is still stored; the nil id in an empty database.
pub async fn newest_id(tx: &mut Tx) -> Result<Uuid, StoreError> {
    let mut newest = Uuid::nil();
    for sql in STATEMENTS {
        let id = tx.query(sql, &[]).await?.first(|row| row.id_or_none("id"))?.flatten();
        newest = newest.max(id.unwrap_or(Uuid::nil()));
    }
    Ok(newest)
}
