-- severity: warning
-- todo: Two accounts with one handle now: one has given it up and was not captured since; posts known by this handle alone go to the one seen last.
SELECT platform || ':@' || handle || ' ' || string_agg(account_id, ' ' ORDER BY account_id) AS example
FROM accounts WHERE native_id IS NOT NULL AND handle IS NOT NULL
GROUP BY platform, handle HAVING count(*) > 1
