"""Run by test_media: children of this process work on a workspace and are killed, then one may
finish.

python killing.py HOME DELAY…        killed so many seconds after the start of the work, one after
the other python killing.py HOME before-save   killed when the first file is in place and its row is
to be written Imports are done once; the children are forked, so that a kill hits the work and not
the imports.
"""

import os
import signal
import sys
import time
from pathlib import Path

from tests.media.picked import opened
from vtlib.media import stage as flow
from vtlib.media import store
from vtlib.media.download import pages  # noqa: F401 - imported before the fork


def child(home: Path, *, before_save: bool = False) -> int:
    pid = os.fork()
    if pid:
        return pid
    if before_save:
        store.save_media = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    flow.process(opened(home))
    os._exit(0)


def main(home: Path, delays: list[str]) -> None:
    for delay in delays:
        if delay == "before-save":
            os.waitpid(child(home, before_save=True), 0)
            continue
        pid = child(home)
        time.sleep(float(delay))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
