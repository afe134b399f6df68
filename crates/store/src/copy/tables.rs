//! Every table that holds an installation's data, parents before children, and the statements that copy it. A test
//! compares the list with the migrated schema.

use std::sync::LazyLock;

use crate::engine::row::Cell;
use crate::engine::value::Value;
use crate::sql::Sql;

/// How many rows one insert takes.
pub(super) const ROWS_AT_ONCE: usize = 100;

/// Tables that are not copied: every database has its own.
pub(super) const OWN: [&str; 3] = ["schema_migrations", "write_probe", "installation"];

/// A table, its columns, and how many of the first of them are its key. `?` marks truth values, which PostgreSQL
/// does not take as numbers.
const LIST: &[(&str, usize, &str)] = &[
    ("organizations", 1, "id name time_zone created_at last_case_number country"),
    (
        "inactivity_settings",
        1,
        "organization_id enabled? threshold_minutes message while_waiting? quiet_minutes respect_secondary? version
            enabled_mark updated_at updated_by",
    ),
    (
        "users",
        2,
        "organization_id id name email password_hash system_admin? operator? created_at last_active_at last_activity
            deactivated_at watch_due_at",
    ),
    (
        "personal_replies",
        2,
        "organization_id user_id inactivity_enabled? inactivity_message inactivity_threshold_minutes inactivity_mark
            away away_window office_hours switched_off version updated_at",
    ),
    ("default_hours", 1, "organization_id hours updated_at"),
    ("sessions", 1, "token_hash organization_id user_id created_at last_used_at"),
    ("api_tokens", 2, "organization_id id user_id name token_hash created_at expires_at last_used_at"),
    (
        "channels",
        2,
        "organization_id id account_sid number sealed_auth_token active? paused_reason created_at list_from
            list_since list_due_at assign_to assign_to_operator_id",
    ),
    ("customers", 2, "organization_id id address name opted_out_at created_at consent_at search opted_out_by"),
    (
        "retention",
        1,
        "organization_id messages_days decisions_days events_days version updated_at updated_by messages_before
            decisions_before",
    ),
    ("kept_opt_outs", 2, "organization_id address opted_out_at consent_at opted_out_by"),
    ("erased_messages", 2, "organization_id provider_id_hash erased_at"),
    (
        "cases",
        2,
        "organization_id id number subject status customer_id channel_id assigned_operator_id created_at last_sequence
            last_customer_message_id last_customer_message_at last_customer_sequence last_human_sequence last_human_at
            seen_sequence waiting_since unanswered_since watched? watch_from loop_guarded? failed_message_id
            failed_message_status assigned_by reads_like_stop_id search",
    ),
    ("assignment_turns", 2, "organization_id user_id case_id"),
    ("secondary_operators", 3, "organization_id case_id user_id added_at"),
    (
        "messages",
        2,
        "organization_id id case_id customer_id sequence author_kind author_id layer decision_id body attachments keyword
            provider_id delivery_status delivery_error backfilled? created_at sent_at handed_over_at",
    ),
    (
        "decisions",
        2,
        "organization_id id message_id case_id outcome reason rule facts reply_message_id decided_at",
    ),
    ("reply_claims", 5, "organization_id case_id operator_id kind since reply_message_id"),
    (
        "outbox",
        2,
        "organization_id message_id case_id channel_id customer_id phase due_at lease_epoch attempts attempt_started_at
            lookups lookups_ok",
    ),
    (
        "idempotency_keys",
        3,
        "organization_id user_id idempotency_key request_hash message_id created_at case_id",
    ),
    // Their position belongs to the database that they were written in.
    ("events", 2, "organization_id id kind subject created_at"),
    ("audit_entries", 2, "organization_id id at actor_id action subject state_before state_after"),
];

/// A table with its statements.
pub(super) struct Table {
    pub name: &'static str,
    pub key: usize,
    pub columns: Vec<Column>,
    pub count: Sql,
    /// The first rows in the order of the key.
    pub first: Sql,
    /// Those after a key.
    pub next: Sql,
    pub insert_one: Sql,
    /// [`ROWS_AT_ONCE`] of them.
    pub insert_many: Sql,
    pub clear: Sql,
}

pub(super) struct Column {
    pub name: &'static str,
    truth: bool,
}

impl Column {
    /// A cell of this column as a parameter.
    pub fn value<'a>(&self, cell: &'a Cell) -> Value<'a> {
        match cell {
            Cell::I64(value) if self.truth => Value::Bool(*value != 0),
            Cell::I64(value) => Value::I64(*value),
            Cell::Text(text) => Value::Text(text),
            Cell::Uuid(id) => Value::Uuid(*id),
            Cell::Bytes(bytes) => Value::Bytes(bytes),
            Cell::Null | Cell::Unreadable(_) => Value::Null,
        }
    }
}

/// All of them, parents before children.
pub(super) static TABLES: LazyLock<Vec<Table>> =
    LazyLock::new(|| LIST.iter().map(|(name, key, columns)| table(name, *key, columns)).collect());

fn table(name: &'static str, key: usize, columns: &'static str) -> Table {
    let columns: Vec<Column> = columns
        .split_whitespace()
        .map(|column| Column { name: column.trim_end_matches('?'), truth: column.ends_with('?') })
        .collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let all = names.join(", ");
    let key_names = names[..key].join(", ");
    let insert = |rows: usize| {
        let row = |at: usize| format!("({})", placeholders(at * names.len(), names.len()));
        let rows: Vec<String> = (0..rows).map(row).collect();
        format!("INSERT INTO {name} ({all}) VALUES {}", rows.join(", "))
    };
    // Made once for the process.
    let sql = |what: &'static str, text: String| Sql::new(name, what, text.leak());
    Table {
        name,
        key,
        count: sql("copy::COUNT", format!("SELECT count(*) AS rows FROM {name}")),
        first: sql("copy::FIRST", format!("SELECT {all} FROM {name} ORDER BY {key_names} LIMIT $1")),
        next: sql(
            "copy::NEXT",
            format!(
                "SELECT {all} FROM {name} WHERE ({key_names}) > ({}) ORDER BY {key_names} LIMIT $1",
                placeholders(1, key)
            ),
        ),
        insert_one: sql("copy::INSERT_ONE", insert(1)),
        insert_many: sql("copy::INSERT_MANY", insert(ROWS_AT_ONCE)),
        clear: sql("copy::CLEAR", format!("DELETE FROM {name}")),
        columns,
    }
}

/// `$5, $6, $7` for three after the first four.
fn placeholders(after: usize, count: usize) -> String {
    (after + 1..=after + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}
