"""Operations: projects as people set them up, and whether the workbench is well.

For: `vt init`, `vt project`, `vt doctor`, `vt status`, `vt backup`, `vt restore`, `vt use`.
Owns: the starter YAML, the log of use; no table.
Entry points: `projects.open_project`, `operations`, `health` (is this machine fit), `connectivity`
(do the services answer), `use`.
"""
