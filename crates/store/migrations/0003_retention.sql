-- What an organization keeps, and for how long (decision 0016). Without a row it keeps what a new one keeps.
CREATE TABLE retention (
    organization_id UUID PRIMARY KEY REFERENCES organizations (id),
    messages_days BIGINT,
    decisions_days BIGINT,
    events_days BIGINT NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by UUID,
    -- Messages with smaller ids, and the decisions of such messages, may be gone.
    messages_before UUID NOT NULL,
    decisions_before UUID NOT NULL
);

-- The number of an erased customer who had opted out, and when they said so by the app's clock and by the clock
-- outside: all that is kept, so that it is never texted again (R15).
CREATE TABLE kept_opt_outs (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    address TEXT NOT NULL,
    opted_out_at BIGINT NOT NULL,
    consent_at BIGINT,
    PRIMARY KEY (organization_id, address)
);

-- SHA-256 of the carrier's ids of erased messages: what the carrier lists once more is not taken in again.
CREATE TABLE erased_messages (
    organization_id UUID NOT NULL REFERENCES organizations (id),
    provider_id_hash BYTEA NOT NULL,
    erased_at BIGINT NOT NULL,
    PRIMARY KEY (organization_id, provider_id_hash)
);
CREATE INDEX erased_messages_by_age ON erased_messages (erased_at);

-- Events are deleted by organization and id, which bears their instant.
DROP INDEX events_by_age;
