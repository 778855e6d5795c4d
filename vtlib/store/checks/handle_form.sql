-- severity: error
-- todo: Handles are kept in lower case without @: import any capture that names the account again.
SELECT account_id AS example FROM accounts WHERE handle <> lower(ltrim(handle, '@'))
UNION ALL
SELECT account_id FROM account_handles WHERE handle <> lower(ltrim(handle, '@'))
