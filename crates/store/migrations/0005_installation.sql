-- What this database is, in one row: a copy that is not finished yet, a backup that has not been put to use yet,
-- or one that was put back then.
CREATE TABLE installation (
    id BIGINT PRIMARY KEY,
    unfinished_copy BOOLEAN NOT NULL,
    backup BOOLEAN NOT NULL,
    restored_at BIGINT
);
INSERT INTO installation (id, unfinished_copy, backup, restored_at) VALUES (1, FALSE, FALSE, NULL);
