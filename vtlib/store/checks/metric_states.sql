-- severity: error
-- todo: A count and its state disagree (a value that is hidden, or none that is observed): the source file must set both; then map the items again.
SELECT post_id || ' views ' || captured_at AS example FROM post_snapshots
WHERE views_state IS NULL OR views_state NOT IN ('observed', 'estimated', 'hidden', 'not_exposed')
    OR (views IS NOT NULL) <> (views_state IN ('observed', 'estimated'))
UNION ALL
SELECT post_id || ' plays ' || captured_at AS example FROM post_snapshots
WHERE plays_state IS NULL OR plays_state NOT IN ('observed', 'estimated', 'hidden', 'not_exposed')
    OR (plays IS NOT NULL) <> (plays_state IN ('observed', 'estimated'))
UNION ALL
SELECT post_id || ' impressions ' || captured_at AS example FROM post_snapshots
WHERE impressions_state IS NULL OR impressions_state NOT IN ('observed', 'estimated', 'hidden', 'not_exposed')
    OR (impressions IS NOT NULL) <> (impressions_state IN ('observed', 'estimated'))
UNION ALL
SELECT post_id || ' likes ' || captured_at AS example FROM post_snapshots
WHERE likes_state IS NULL OR likes_state NOT IN ('observed', 'estimated', 'hidden', 'not_exposed')
    OR (likes IS NOT NULL) <> (likes_state IN ('observed', 'estimated'))
UNION ALL
SELECT post_id || ' comments ' || captured_at AS example FROM post_snapshots
WHERE comments_state IS NULL OR comments_state NOT IN ('observed', 'estimated', 'hidden', 'not_exposed')
    OR (comments IS NOT NULL) <> (comments_state IN ('observed', 'estimated'))
UNION ALL
SELECT post_id || ' shares ' || captured_at AS example FROM post_snapshots
WHERE shares_state IS NULL OR shares_state NOT IN ('observed', 'estimated', 'hidden', 'not_exposed')
    OR (shares IS NOT NULL) <> (shares_state IN ('observed', 'estimated'))
UNION ALL
SELECT post_id || ' saves ' || captured_at AS example FROM post_snapshots
WHERE saves_state IS NULL OR saves_state NOT IN ('observed', 'estimated', 'hidden', 'not_exposed')
    OR (saves IS NOT NULL) <> (saves_state IN ('observed', 'estimated'))
