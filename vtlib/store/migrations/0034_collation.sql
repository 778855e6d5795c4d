-- A team's PostgreSQL: text is compared byte by byte, and a project's rows are found by index (postgres.py).
SELECT 'nothing to do in a file';
