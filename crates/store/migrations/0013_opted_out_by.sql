-- Who says that a customer is opted out: the customer, the carrier or an operator. Absent where it is not known: it was
-- recorded before this was kept, or by an older node.
ALTER TABLE customers ADD COLUMN opted_out_by TEXT;
ALTER TABLE kept_opt_outs ADD COLUMN opted_out_by TEXT;
