-- severity: error
-- todo: An account known by its handle alone beside one with a native id and that handle: import any capture that names it again.
SELECT a.account_id || ' and ' || h.account_id AS example
FROM accounts AS a JOIN account_handles AS h ON h.platform = a.platform AND h.handle = lower(a.handle)
WHERE a.native_id IS NULL
UNION ALL
SELECT platform || ':@' || lower(handle) FROM accounts
WHERE native_id IS NULL GROUP BY platform, lower(handle) HAVING count(*) > 1
