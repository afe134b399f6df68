-- The country whose numbers people write without a country code; absent until somebody chooses one, and then it is
-- that of the first channel's number, or else of the time zone.
ALTER TABLE organizations ADD COLUMN country TEXT;

-- What customers and cases are found by, folded by the program (decision 0024): absent where an older program wrote,
-- until the next start fills it in. The indexes hold only what is still to be filled in, so they stay empty.
ALTER TABLE customers ADD COLUMN search TEXT;
ALTER TABLE cases ADD COLUMN search TEXT;
CREATE INDEX customers_without_search ON customers (organization_id, id) WHERE search IS NULL;
CREATE INDEX cases_without_search ON cases (organization_id, id) WHERE search IS NULL;

-- The case that a key created; its message_id is the nil id then.
ALTER TABLE idempotency_keys ADD COLUMN case_id UUID;
