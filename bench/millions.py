"""A team's PostgreSQL with ten million posts and fifty million snapshots: what an import, a
judgement and a page of the desk cost there.

    PYTHONPATH=.:simulator .venv/bin/python bench/millions.py [--full] [--url postgresql://…]

The tables are filled on the server (projects of PROJECT_POSTS posts, CAPTURES captures of each a day
apart, ids in no order, accounts of 100 posts with log-normal counts), under the real schema. Then,
each in a process of its own: `vt import` of a file of FILE_ITEMS items in the form of a real actor,
half of them known, `vt analyze outliers`, a page of the desk, and `vt status`. Seconds of the clock
and of this side's processor, peak memory. Besides, what judging costs by the size of one project.
Leaves with 1 where a figure of the large database is more than RATIO times that of a small one.
"""
