CREATE OR REPLACE VIEW accounts_latest AS
SELECT
    a.account_id, a.platform, a.native_id, a.handle, a.display_name, a.url, a.first_seen_at, a.last_captured_at,
    s.captured_at, s.followers, s.following, s.posts, s.is_verified, s.bio
FROM accounts AS a
LEFT JOIN (
    -- arg_max passes over NULLs: each counter is the latest that is known
    SELECT
        account_id, max(captured_at) AS captured_at, arg_max(followers, captured_at) AS followers,
        arg_max(following, captured_at) AS following, arg_max(posts, captured_at) AS posts,
        arg_max(is_verified, captured_at) AS is_verified, arg_max(bio, captured_at) AS bio
    FROM account_snapshots
    GROUP BY account_id
) AS s ON s.account_id = a.account_id;
