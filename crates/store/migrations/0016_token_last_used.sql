-- When an API token was used last, at most an hour too early. Absent where it never was, or before this was kept.
ALTER TABLE api_tokens ADD COLUMN last_used_at BIGINT;
