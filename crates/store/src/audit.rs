//! The audit log: added to, never changed.

use domain::audit::AuditEntry;
use domain::id::{AuditId, OrganizationId, UserId};
use domain::time::Instant;
use uuid::Uuid;

use crate::engine::Tx;
use crate::error::StoreError;
use crate::sql::statements;

statements! { "audit_entries":
    INSERT = "INSERT INTO audit_entries (organization_id, id, at, actor_id, action, subject, state_before, state_after)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    PAGE = "SELECT a.id, a.at, a.actor_id, a.action, a.subject, a.state_before, a.state_after, w.name AS actor_name
        FROM audit_entries AS a LEFT JOIN users AS w ON w.organization_id = a.organization_id AND w.id = a.actor_id
        WHERE a.organization_id = $1 AND a.id < $2 AND (a.actor_id = $4 OR $4 IS NULL)
            AND (a.action LIKE $5 OR $5 IS NULL) AND a.at >= $6 AND a.at < $7
        ORDER BY a.id DESC LIMIT $3";
}

/// Which entries are wanted; what is `None` lets all through.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Who did it.
    pub actor: Option<UserId>,
    /// What an action is about: the word before its dot, such as `user`.
    pub kind: Option<String>,
    /// The first instant.
    pub from: Option<Instant>,
    /// The first instant that is too late.
    pub to: Option<Instant>,
}

/// Adds one.
pub async fn insert(tx: &mut Tx, org: OrganizationId, entry: &AuditEntry) -> Result<(), StoreError> {
    let (before, after) = (entry.before.to_string(), entry.after.to_string());
    let params = [
        org.into(),
        entry.id.into(),
        entry.at.into(),
        entry.actor.into(),
        (&entry.action).into(),
        (&entry.subject).into(),
        (&before).into(),
        (&after).into(),
    ];
    tx.execute_one(&INSERT, &params, entry.id).await
}

/// The organization's entries that match, newest first, each with the name of who did it.
pub async fn page(
    tx: &mut Tx,
    org: OrganizationId,
    filter: &AuditFilter,
    after: Option<AuditId>,
    limit: u32,
) -> Result<Vec<(AuditEntry, Option<String>)>, StoreError> {
    let before = after.map_or(Uuid::max(), |id| id.0);
    let action = filter.kind.as_ref().map(|kind| format!("{kind}.%"));
    let params = [
        org.into(),
        before.into(),
        limit.into(),
        filter.actor.into(),
        action.as_ref().into(),
        filter.from.unwrap_or(Instant::from_ms(i64::MIN)).into(),
        filter.to.unwrap_or(Instant::from_ms(i64::MAX)).into(),
    ];
    tx.query(&PAGE, &params).await?.list(|row| {
        let entry = AuditEntry {
            id: row.id("id")?,
            at: row.instant("at")?,
            actor: row.id_or_none("actor_id")?,
            action: row.text("action")?,
            subject: row.text("subject")?,
            before: row.json("state_before")?,
            after: row.json("state_after")?,
        };
        Ok((entry, row.text_or_none("actor_name")?))
    })
}
