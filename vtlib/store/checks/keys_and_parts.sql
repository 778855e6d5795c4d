-- severity: error
-- todo: A key that does not agree with its parts: map the items of this post or account again.
SELECT post_id AS example FROM posts WHERE post_id IS DISTINCT FROM platform || ':' || native_id
UNION ALL
SELECT account_id FROM accounts
WHERE account_id IS DISTINCT FROM platform || ':' || coalesce(native_id, '@' || handle)
