-- severity: error
-- todo: A post's account is missing: import the capture again (vt import dataset FILE --project P).
SELECT p.post_id || ' -> ' || p.account_id AS example
FROM posts AS p ANTI JOIN accounts AS a ON a.account_id = p.account_id
WHERE p.account_id IS NOT NULL
