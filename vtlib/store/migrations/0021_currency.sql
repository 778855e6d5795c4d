-- In which currency an amount was noted: sums of several currencies are not sums.

ALTER TABLE production_costs ADD COLUMN currency VARCHAR;
