"""The workbench for others: a site of reports for a team and its clients, and tools for assistants.

For: `vt serve` (reports, shared scripts, sign-in) and `vt mcp` (the Model Context Protocol).
Owns: tables site_people, published_runs. Entry points: `site.application`, `assistant.build`.
Nothing is computed here: `tools` calls the rooms below, `answers` shapes what they say, `people`
and `published` say who may see what.
"""
