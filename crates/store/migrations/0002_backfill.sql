-- Taking in what the carrier's webhook never delivered. Everything new may be absent, as it is where an older
-- node still writes.

-- When the customer sent a text that was taken in late; absent if the webhook brought it.
ALTER TABLE messages ADD COLUMN sent_at BIGINT;

-- When the customer's newest STOP or START was sent: an older one that comes late changes nothing (R15).
ALTER TABLE customers ADD COLUMN consent_at BIGINT;
UPDATE customers SET consent_at = opted_out_at;

-- Listing the carrier's texts to the number: none from before list_from; those from list_since on, by the
-- carrier's clock, are still to be listed; due at list_due_at, at once if it is absent.
ALTER TABLE channels ADD COLUMN list_from BIGINT;
ALTER TABLE channels ADD COLUMN list_since BIGINT;
ALTER TABLE channels ADD COLUMN list_due_at BIGINT;
UPDATE channels SET list_from = created_at;
