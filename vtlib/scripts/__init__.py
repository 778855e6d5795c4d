"""Scripts: what is to be shot, its versions and workflow, and every document made of it.

For: `vt script` (create, update, review, move, export, schedule, assets), the desk, the page of
scripts. Owns: tables scripts, script_versions, script_status_changes, script_people,
script_comments, script_reviews, shared_scripts, shoots, assets. Entry points: `lifecycle` (revise,
change, move, link), `editor` (a script open for editing), `exports`, `files` (texts that people
edit, out and in), `reviews` (answers of clients), `shoots`; `script.Script` is the one object
behind every document. Files: `script`, `markdown`, `fountain`,
`beat_table`, `diff`, `timing`, `schedule`, `workflow`, `origins` are pure; `formats/` has one file
an export format; `store`, `queries`, `comments`, `reviews`, `production` read and write.
"""
