-- Who waits, what failed, and who is given new customers (decision 0026). Everything new may be absent, as it is
-- where an older node still writes.

-- The newest human message to the customer, while it failed or is unconfirmed and nobody has dismissed that.
ALTER TABLE cases ADD COLUMN failed_message_id UUID;
ALTER TABLE cases ADD COLUMN failed_message_status TEXT;
-- How the case came to its operator, if the channel chose them.
ALTER TABLE cases ADD COLUMN assigned_by TEXT;

-- To whom texts of new customers go: to nobody if it is absent.
ALTER TABLE channels ADD COLUMN assign_to TEXT;
ALTER TABLE channels ADD COLUMN assign_to_operator_id UUID;

-- The newest case that each operator was given in turn.
CREATE TABLE assignment_turns (
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    case_id UUID NOT NULL,
    PRIMARY KEY (organization_id, user_id),
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id)
);

-- Of open cases whose newest human message failed: marked. What is closed was done with.
UPDATE cases SET
    failed_message_id = (SELECT m.id FROM messages AS m WHERE m.organization_id = cases.organization_id
        AND m.case_id = cases.id AND m.sequence = cases.last_human_sequence),
    failed_message_status = (SELECT m.delivery_status FROM messages AS m WHERE m.organization_id = cases.organization_id
        AND m.case_id = cases.id AND m.sequence = cases.last_human_sequence)
WHERE status = 'open' AND last_human_sequence > 0 AND EXISTS (
    SELECT 1 FROM messages AS m WHERE m.organization_id = cases.organization_id AND m.case_id = cases.id
        AND m.sequence = cases.last_human_sequence AND m.author_kind = 'operator'
        AND m.delivery_status IN ('failed', 'unconfirmed'));
-- A human message that failed or was cancelled answers nobody.
UPDATE cases SET waiting_since = (
    SELECT coalesce(m.sent_at, m.created_at) FROM messages AS m
    WHERE m.organization_id = cases.organization_id AND m.case_id = cases.id AND m.author_kind = 'customer'
        AND m.keyword IS NULL AND m.sequence > coalesce((
            SELECT max(h.sequence) FROM messages AS h
            WHERE h.organization_id = cases.organization_id AND h.case_id = cases.id AND h.author_kind = 'operator'
                AND h.delivery_status NOT IN ('failed', 'cancelled')), 0)
    ORDER BY m.sequence LIMIT 1)
WHERE status = 'open' AND last_human_sequence > 0 AND EXISTS (
    SELECT 1 FROM messages AS m WHERE m.organization_id = cases.organization_id AND m.case_id = cases.id
        AND m.sequence = cases.last_human_sequence AND m.author_kind = 'operator'
        AND m.delivery_status IN ('failed', 'cancelled'));
-- Nobody can answer who opted out.
UPDATE cases SET waiting_since = NULL WHERE waiting_since IS NOT NULL AND EXISTS (
    SELECT 1 FROM customers AS u WHERE u.organization_id = cases.organization_id AND u.id = cases.customer_id
        AND u.opted_out_at IS NOT NULL);

CREATE INDEX cases_waiting ON cases (organization_id, waiting_since, id)
    WHERE status = 'open' AND waiting_since IS NOT NULL;
CREATE INDEX cases_waiting_by_operator ON cases (organization_id, assigned_operator_id, waiting_since, id)
    WHERE status = 'open' AND waiting_since IS NOT NULL;
CREATE INDEX cases_failed ON cases (organization_id, status, last_customer_message_id, id)
    WHERE failed_message_id IS NOT NULL;
CREATE INDEX cases_failed_by_operator ON cases (organization_id, assigned_operator_id, status, last_customer_message_id, id)
    WHERE failed_message_id IS NOT NULL;
