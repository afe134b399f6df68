-- One text for SQLite and PostgreSQL. SQLite reads BIGINT and BOOLEAN as INTEGER, UUID and BYTEA as BLOB, and
-- makes every table STRICT. Instants are milliseconds since 1970 in UTC.
-- organization_id leads every key of an organization's data, so that it can be distributed by organization.

CREATE TABLE organizations (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_case_number BIGINT NOT NULL
);

-- The organization's Inactivity Auto Reply (R20-R22).
CREATE TABLE inactivity_settings (
    organization_id UUID PRIMARY KEY REFERENCES organizations (id),
    enabled BOOLEAN NOT NULL,
    threshold_minutes BIGINT NOT NULL,
    message TEXT NOT NULL,
    while_waiting BOOLEAN NOT NULL,
    quiet_minutes BIGINT NOT NULL,
    respect_secondary BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    enabled_mark UUID NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by UUID
);

CREATE TABLE users (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id UUID NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    system_admin BOOLEAN NOT NULL,
    operator BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    last_active_at BIGINT NOT NULL,
    last_activity TEXT NOT NULL,
    deactivated_at BIGINT,
    -- One timer per operator (house.md): when the first of the operator's watched cases can fall due.
    watch_due_at BIGINT,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX users_by_watch_due_at ON users (watch_due_at) WHERE watch_due_at IS NOT NULL;

-- Personal Auto Replies (R10-R13).
CREATE TABLE personal_replies (
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    inactivity_enabled BOOLEAN NOT NULL,
    inactivity_message TEXT NOT NULL,
    inactivity_threshold_minutes BIGINT,
    inactivity_mark UUID NOT NULL,
    -- Away message, office hours, and which layers a System Admin switched off: JSON, read and written whole.
    away TEXT,
    office_hours TEXT,
    switched_off TEXT NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id),
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id)
);

-- The weekly grid that operators can take over as their own.
CREATE TABLE default_hours (
    organization_id UUID PRIMARY KEY REFERENCES organizations (id),
    hours TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Only the SHA-256 of a token is stored.
CREATE TABLE sessions (
    token_hash BYTEA PRIMARY KEY,
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id)
);
CREATE INDEX sessions_by_user ON sessions (organization_id, user_id);

CREATE TABLE api_tokens (
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    name TEXT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id)
);

CREATE TABLE channels (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id UUID NOT NULL,
    account_sid TEXT NOT NULL,
    number TEXT NOT NULL UNIQUE,
    sealed_auth_token BYTEA NOT NULL,
    active BOOLEAN NOT NULL,
    paused_reason TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE INDEX channels_by_account ON channels (account_sid, organization_id, id);

CREATE TABLE customers (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id UUID NOT NULL,
    address TEXT NOT NULL,
    name TEXT NOT NULL,
    opted_out_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, address)
);

CREATE TABLE cases (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id UUID NOT NULL,
    number BIGINT NOT NULL,
    subject TEXT NOT NULL,
    status TEXT NOT NULL,
    customer_id UUID NOT NULL,
    channel_id UUID NOT NULL,
    assigned_operator_id UUID,
    created_at BIGINT NOT NULL,
    last_sequence BIGINT NOT NULL,
    -- The nil id while there is none, so that one ORDER BY serves both databases.
    last_customer_message_id UUID NOT NULL,
    last_customer_message_at BIGINT,
    last_customer_sequence BIGINT NOT NULL,
    last_human_sequence BIGINT NOT NULL,
    last_human_at BIGINT,
    seen_sequence BIGINT NOT NULL,
    waiting_since BIGINT,
    unanswered_since BIGINT,
    watched BOOLEAN NOT NULL,
    watch_from BIGINT,
    loop_guarded BOOLEAN NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, number),
    FOREIGN KEY (organization_id, customer_id) REFERENCES customers (organization_id, id),
    FOREIGN KEY (organization_id, channel_id) REFERENCES channels (organization_id, id)
);
CREATE INDEX cases_by_newest ON cases (organization_id, status, last_customer_message_id, id);
CREATE INDEX cases_by_operator ON cases (organization_id, assigned_operator_id, status, last_customer_message_id, id);
-- A customer has few cases on a number: which of them is the newest is sorted out when a message comes.
CREATE INDEX cases_by_customer ON cases (organization_id, customer_id, channel_id, status);
CREATE INDEX cases_watched_by_operator ON cases (organization_id, assigned_operator_id, id) WHERE watched;
CREATE INDEX cases_watched ON cases (organization_id, id) WHERE watched;

-- Secondary operators cover a case beside its own operator.
CREATE TABLE secondary_operators (
    organization_id UUID NOT NULL,
    case_id UUID NOT NULL,
    user_id UUID NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, case_id, user_id),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id),
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id)
);

CREATE TABLE messages (
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    sequence BIGINT NOT NULL,
    author_kind TEXT NOT NULL,
    author_id UUID,
    layer TEXT,
    decision_id UUID,
    body TEXT NOT NULL,
    attachments TEXT NOT NULL,
    keyword TEXT,
    provider_id TEXT,
    delivery_status TEXT,
    delivery_error TEXT,
    backfilled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, case_id, sequence),
    FOREIGN KEY (organization_id, case_id) REFERENCES cases (organization_id, id)
);
CREATE UNIQUE INDEX messages_by_provider_id ON messages (organization_id, provider_id) WHERE provider_id IS NOT NULL;
-- What the loop guard and the echo test read (R9).
CREATE INDEX messages_to_customer ON messages (organization_id, customer_id, id) WHERE author_kind <> 'customer';
CREATE INDEX messages_outbound ON messages (organization_id, case_id, sequence) WHERE author_kind <> 'customer';
CREATE INDEX messages_auto_replies ON messages (organization_id, case_id, sequence) WHERE author_kind = 'auto_reply';

-- One record for each customer message (section 7).
CREATE TABLE decisions (
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    message_id UUID NOT NULL,
    case_id UUID NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    rule TEXT NOT NULL,
    facts TEXT NOT NULL,
    reply_message_id UUID,
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, message_id),
    FOREIGN KEY (organization_id, message_id) REFERENCES messages (organization_id, id)
);
CREATE INDEX decisions_by_case ON decisions (organization_id, case_id, id);
CREATE INDEX decisions_watching ON decisions (organization_id, case_id, id) WHERE outcome = 'watching';
CREATE INDEX decisions_by_reply ON decisions (organization_id, reply_message_id, id) WHERE reply_message_id IS NOT NULL;
CREATE INDEX decisions_by_time ON decisions (organization_id, decided_at, id);

-- "Once": one reply per case and absence (R7), away window (R11) or closed period (R12), which began at `since`.
CREATE TABLE reply_claims (
    organization_id UUID NOT NULL,
    case_id UUID NOT NULL,
    operator_id UUID NOT NULL,
    kind TEXT NOT NULL,
    since BIGINT NOT NULL,
    reply_message_id UUID NOT NULL,
    PRIMARY KEY (organization_id, case_id, operator_id, kind, since)
);
CREATE INDEX reply_claims_by_reply ON reply_claims (organization_id, reply_message_id);

-- Messages on their way to the carrier; a row leaves when its outcome is known.
CREATE TABLE outbox (
    organization_id UUID NOT NULL,
    message_id UUID NOT NULL,
    case_id UUID NOT NULL,
    channel_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    -- queued, attempting (leased), unknown (being looked up).
    phase TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    lease_epoch BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    attempt_started_at BIGINT,
    lookups BIGINT NOT NULL,
    lookups_ok BIGINT NOT NULL,
    PRIMARY KEY (organization_id, message_id),
    FOREIGN KEY (organization_id, message_id) REFERENCES messages (organization_id, id)
);
CREATE INDEX outbox_by_due_at ON outbox (due_at, message_id);
CREATE INDEX outbox_by_customer ON outbox (organization_id, customer_id, channel_id, message_id);

CREATE TABLE idempotency_keys (
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    message_id UUID NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, user_id, idempotency_key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- What readers of /events are told: ids, never bodies.
CREATE TABLE events (
    organization_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX events_by_age ON events (created_at);

CREATE TABLE audit_entries (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    id UUID NOT NULL,
    at BIGINT NOT NULL,
    actor_id UUID,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    state_before TEXT NOT NULL,
    state_after TEXT NOT NULL,
    PRIMARY KEY (organization_id, id)
);

-- One row that the readiness probe changes: whether a commit goes through can only be seen by committing.
CREATE TABLE write_probe (
    id BIGINT PRIMARY KEY,
    counter BIGINT NOT NULL
);
INSERT INTO write_probe (id, counter) VALUES (1, 0);
