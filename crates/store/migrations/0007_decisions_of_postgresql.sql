-- The two indexes that 0006 left on PostgreSQL for programs of before it. SQLite has none of them any more.
DROP INDEX IF EXISTS decisions_by_case;
DROP INDEX IF EXISTS decisions_watching;
