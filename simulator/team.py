"""A team on this machine alone, to try it: PostgreSQL, S3, the simulated world, the demo, workers.

What a team sets up once on servers of its own (docs/team.md), from wheels and on loopback.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from simulator import databases
from simulator.demo import RUN_DAY, Desk, play
from simulator.server import Settings, running

DATABASE, BUCKET, WORKERS = "research", "vt-media", 2
AWAY = "fetch,measure,capture,ask,judge"  # what a worker does that has no pages to make
START_S = 3  # then a worker that cannot begin has ended
_COMMAND = [sys.executable, "-c", "from vtlib.cli import main; main()"]


def team(home: Path, *, seed: int = 7, stop_after_demo: bool = False) -> int:
    """Run a team in the workspace `home` until interrupted; 0, or the demo's exit code."""
    root = home.resolve()
    folder = _folder(root)
    with contextlib.ExitStack() as stack:
        url = databases.create(
            stack.enter_context(databases.postgres(folder / "postgres", is_lasting=True)), DATABASE
        )
        s3 = stack.enter_context(_objects(root / "outputs" / "team" / "s3"))
        clips = root / "outputs" / "demo" / "clips"
        live = stack.enter_context(running(Settings(seed=seed, run_s=0.05, clips=clips)))
        env = {**live.facts()["env"], "VT_HOME": str(root), "VT_DATABASE": url, **s3}
        os.environ.update(env)
        _say(f"{_exports(env)}\n\nPlaying the demo on it; this takes some minutes the first time.")
        code = play(Desk(root, live), seed=seed, done=folder)
        if stop_after_demo or code:
            return code
        live.sandbox.clock.set(at=live.sandbox.world.epoch, advance_s=RUN_DAY * 86_400)
        env["VT_CLOCK"] = os.environ["VT_CLOCK"] = live.sandbox.clock.now().isoformat()
        workers = stack.enter_context(_workers(root))
        time.sleep(START_S)
        n = sum(worker.poll() is None for worker in workers)
        _say(f"{_exports(env)}\nvt status\n\n{n} of {WORKERS} workers wait. Ctrl-C ends all.")
        _wait()
    return 0


def _folder(root: Path) -> Path:
    """Where the server keeps its data. As root it runs as another user, who may not enter the
    workspace: beside it then.
    """
    if os.name == "posix" and os.geteuid() == 0:
        digest = hashlib.sha256(str(root).encode()).hexdigest()[:8]
        folder = Path("/var/tmp") / f"viraltracker-team-{digest}"  # noqa: S108 - lasts over a restart
    else:
        folder = root / "outputs" / "team"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def _objects(folder: Path) -> Iterator[dict[str, str]]:
    """An S3 server on loopback; yields the settings that lead to it. It keeps its objects in
    memory, so that they are put into `folder` at the end and read from there at the start.
    """
    import boto3  # type: ignore[import-untyped]  # noqa: PLC0415 - of moto
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request
    server = ThreadedMotoServer("127.0.0.1", _free_port(), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    env = {
        "AWS_ENDPOINT_URL_S3": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "team",
        "AWS_SECRET_ACCESS_KEY": "of-this-machine-alone",
        "AWS_DEFAULT_REGION": "us-east-1",
        "VT_MEDIA_STORAGE": f"s3://{BUCKET}/{DATABASE}",
    }
    os.environ.update(env)
    client = boto3.client("s3", endpoint_url=env["AWS_ENDPOINT_URL_S3"])
    client.create_bucket(Bucket=BUCKET)
    for path in (p for p in folder.rglob("*") if p.is_file()):
        client.upload_file(str(path), BUCKET, path.relative_to(folder).as_posix())
    try:
        yield env
    finally:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for key in (entry["Key"] for entry in page.get("Contents", ())):
                (folder / key).parent.mkdir(parents=True, exist_ok=True)
                if not (folder / key).exists():  # an object is named by its content
                    client.download_file(BUCKET, key, str(folder / key))
        server.stop()


@contextlib.contextmanager
def _workers(root: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The first works in the workspace and makes its pages; the others have folders of their own,
    as on other machines, since a folder of media has one writer.
    """
    workers = []
    for number in range(1, WORKERS + 1):
        home, kinds = root, []
        if number > 1:
            home, kinds = root / "outputs" / "team" / f"worker-{number}", ["--kinds", AWAY]
            home.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                (home / "params").symlink_to(root / "params", target_is_directory=True)
        env = {**os.environ, "VT_HOME": str(home)}
        workers.append(subprocess.Popen([*_COMMAND, "worker", *kinds], env=env))  # noqa: S603 - ours
    try:
        yield workers
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(30)


def _wait() -> None:
    """Until Ctrl-C, or until the process is told to end."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _exports(env: Mapping[str, str]) -> str:
    place = urlsplit(env["VT_DATABASE"]).path.lstrip("/")
    lines = [f"export {name}='{value}'" for name, value in sorted(env.items())]
    return "\n".join(
        [f"A team of this machine, database {place}. In another terminal:", "", *lines]
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - it speaks
