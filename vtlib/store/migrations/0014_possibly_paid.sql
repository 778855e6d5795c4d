-- What a request may take at most, known before it is sent: of one that was lost nothing else is ever known.

ALTER TABLE model_calls ADD COLUMN estimate_usd DOUBLE;
ALTER TABLE model_calls ADD COLUMN estimate_tokens BIGINT;
