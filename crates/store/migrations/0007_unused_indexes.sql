-- The two indexes that 0006 left on PostgreSQL for programs of before it; SQLite has none of them any more.
DROP INDEX IF EXISTS decisions_by_case;
DROP INDEX IF EXISTS decisions_watching;
-- A webhook is verified by the token of its own number alone, so no program asks by account.
DROP INDEX channels_by_account;
