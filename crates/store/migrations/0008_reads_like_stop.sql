-- The newest message on a case that reads like a stop, while nobody has said what was meant (R15); absent where an
-- older node writes.
ALTER TABLE cases ADD COLUMN reads_like_stop_id UUID;
