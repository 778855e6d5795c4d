-- severity: error
-- todo: A word that is not in its list: the stage that wrote it must use the list.
SELECT 'status ' || status AS example FROM analyses WHERE status NOT IN (
    'ok', 'repaired', 'partial', 'blocked', 'withheld', 'empty', 'truncated', 'unreadable', 'invalid', 'refused',
    'not_found', 'file_failed', 'too_large', 'unavailable', 'timed_out', 'rate_limited', 'lost'
)
UNION ALL
SELECT 'held ' || held FROM analysis_claims
WHERE held NOT IN ('supported', 'drifted', 'unsupported', 'not_checked')
UNION ALL
SELECT 'grounding share ' || grounding_share FROM analysis_checks WHERE grounding_share NOT BETWEEN 0 AND 1
