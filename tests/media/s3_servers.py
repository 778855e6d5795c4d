"""Two S3 servers on loopback, made by different people: moto (Python), and s3rver (Node) where
VT_S3RVER names its command, e.g. node_modules/.bin/s3rver of `npm install s3rver`.

Each can be stopped and started at the same port, with what was stored.
"""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BUCKET = "vt-media"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class MotoServer:
    def __init__(self, _: Path) -> None:
        self.port, self._server = free_port(), None

    def start(self) -> None:
        from moto.server import ThreadedMotoServer

        self._server: Any = ThreadedMotoServer("127.0.0.1", self.port, verbose=False)
        self._server.start()

    def stop(self) -> None:
        self._server.stop()  # what was stored is kept in the process


class DroppingServer(MotoServer):
    """moto behind a door: what `fault(method, path)` calls "drop" or "silence" never gets there,
    and gets no answer.
    """

    def start(self) -> None:
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import WSGIRequestHandler, make_server

        s3 = DomainDispatcherApplication(create_backend_app)
        self.fault: Callable[[str, str], str] = lambda *_: ""

        def door(environ: dict[str, Any], start: Any) -> Any:
            fault = self.fault(environ["REQUEST_METHOD"], environ["PATH_INFO"])
            if not fault:
                return s3(environ, start)
            if fault == "silence":
                time.sleep(SILENCE_S)
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []

        class Quiet(WSGIRequestHandler):
            def log(self, *_: Any) -> None:
                """Nothing."""

        options: Any = {"threaded": True, "request_handler": Quiet}
        self._server = make_server("127.0.0.1", self.port, door, **options)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


SILENCE_S = 2.0


class NodeServer:
    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder

    def start(self) -> None:
        words = [os.environ["VT_S3RVER"], "-d", str(self.folder), "-p", str(self.port), "-s"]
        self._process = subprocess.Popen([*words, "--configure-bucket", BUCKET])
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise TimeoutError("s3rver did not start")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


SERVERS = {"moto": MotoServer, **({"s3rver": NodeServer} if "VT_S3RVER" in os.environ else {})}
