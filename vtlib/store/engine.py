"""The DuckDB of a process, to which database files are attached while they are used.

To make an engine takes two thirds of what it takes to open a file by `duckdb.connect`, which makes
one for each file (bench/start.py).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TypeAlias

import duckdb

from vtlib.core import log

Connection: TypeAlias = duckdb.DuckDBPyConnection

# Nothing is fetched from the network, and SQL sees no Python variable that it was not given. A
# checkpoint writes the last 122,880 rows of a table anew: one for each 16 MB that come (DuckDB's
# default) took a seventh of a large import and left a file of twice the size.
CONFIG = {
    "wal_autocheckpoint": "128MB",
    "storage_compatibility_version": "v1.2.0",
    "autoinstall_known_extensions": "false",
    "python_enable_replacements": "false",
}


@dataclass(eq=False)
class AttachedFile:
    """A database file that is attached to an engine as `name`."""

    engine: Engine
    path: Path
    name: str
    is_read_only: bool
    n_users: int = 0

    def cursor(self) -> Connection:
        """A connection of its own, for which the file's tables need no name before theirs."""
        cursor = self.engine.root.cursor()
        cursor.execute(f"USE {self.name}")
        return cursor

    def detach(self) -> None:
        """Leave the file; the last of its users closes it."""
        with _guard:
            self.n_users -= 1
            if not self.n_users:
                del self.engine.files[self.path]
                try:
                    self.engine.root.execute(f"DETACH {self.name}")
                except duckdb.Error as error:
                    # What was committed is in the log beside the file, where the next finds it.
                    log.get(__name__).warning("log not merged", file=self.path.name, why=str(error))


@dataclass(eq=False)
class Engine:
    """A DuckDB in memory: `root` attaches files and detaches them, cursors of it do the work."""

    root: Connection
    settings: dict[str, str]
    files: dict[Path, AttachedFile] = field(default_factory=dict)

    def set(self, settings: Mapping[str, str]) -> None:
        """Change what differs. Raises NotImplementedException for another folder for what memory
        does not hold, once there is something in the present one.
        """
        for name, value in settings.items():
            if self.settings.get(name) != value:
                self.root.execute(f"SET GLOBAL {name} = {_text(value)}")
                self.settings[name] = value


_engines: dict[int, Engine] = {}  # by process: a fork does not use what its parent made
_guard = threading.RLock()
_numbers = count(1)


# Which tables are the database's own, in DuckDB's lists of what an engine has; a server's are "vt".
OF_THIS_DATABASE = "database_name IN (current_database(), 'vt')"


def attach(path: Path, *, read_only: bool, settings: Mapping[str, str]) -> AttachedFile:
    """The file at `path`, made where there is none; readers of one process share it.

    `settings` of DuckDB hold for every file of the process. Raises DuckDB's errors, among them
    BinderException where this process has the file open otherwise.
    """
    with _guard:
        try:
            return _attach(_engine(settings), path, read_only=read_only)
        except duckdb.FatalException:  # an error in one file stops the engine for all
            del _engines[os.getpid()]
            return _attach(_engine(settings), path, read_only=read_only)


def setting(name: str) -> str:
    """A setting that the files of this process were attached with."""
    return _engines[os.getpid()].settings[name]


def _attach(engine: Engine, path: Path, *, read_only: bool) -> AttachedFile:
    file = engine.files.get(path)
    if file is None or not (read_only and file.is_read_only):
        file = AttachedFile(engine, path, f"workspace{next(_numbers)}", read_only)
        options = "TYPE duckdb, READ_ONLY" if read_only else "TYPE duckdb"
        engine.root.execute(f"ATTACH {_text(str(path))} AS {file.name} ({options})")
        engine.files[path] = file
    file.n_users += 1
    return file


def _engine(settings: Mapping[str, str]) -> Engine:
    me = os.getpid()
    if me in _engines:
        try:
            _engines[me].set(settings)
        except duckdb.NotImplementedException:
            del _engines[me]  # whoever has a file of it goes on with it
    if me not in _engines:
        config = {**CONFIG, **settings}
        _engines[me] = Engine(duckdb.connect(":memory:", config=config), config)
    return _engines[me]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
