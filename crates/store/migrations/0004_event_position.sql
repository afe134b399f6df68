-- Readers of /events go on by transaction and id (decision 0017). What an older program writes meanwhile gets its
-- position by the default.
ALTER TABLE events ADD COLUMN position BIGINT NOT NULL DEFAULT transaction_number();
CREATE INDEX events_by_position ON events (organization_id, position, id);
