-- The amended rules R11, R15 and R18 (decision 0023). The marks of when a layer was switched on stay for older nodes.

-- R18: records of what a layer did not answer because it was switched on after the message. They replay as ended for
-- the same reason.
UPDATE decisions SET facts = '{"ended":"disabled",' || substr(facts, 2)
WHERE outcome = 'not_sent' AND reason = 'disabled'
    AND facts LIKE '%"enabled":true%' AND facts NOT LIKE '%"ended":%';
UPDATE decisions SET facts = '{"ended":"personal_set_up",' || substr(facts, 2)
WHERE outcome = 'not_sent' AND reason = 'personal_set_up'
    AND facts NOT LIKE '%"personal_inactivity":null%' AND facts NOT LIKE '%"ended":%';

-- R11: what an away message is known by, however its dates are edited. Without one it is known by its start, as before.
ALTER TABLE personal_replies ADD COLUMN away_window BIGINT;

-- R15: when a message was last handed over, by the clock outside: a report that its recipient has opted out counts
-- from then.
ALTER TABLE messages ADD COLUMN handed_over_at BIGINT;
