"""A loopback CONNECT proxy that answers for any host over TLS: real extractors meet canned
pages.
"""

import datetime as dt
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Page = tuple[int, dict[str, str], bytes]


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's context with a fresh self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "any.test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "any.pem"
    plain = serialization.NoEncryption()
    kind = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    path.write_bytes(key.private_bytes(*kind, plain) + made.public_bytes(kind[0]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@contextmanager
def any_host(pages: Mapping[str, Page], folder: Path) -> Iterator[tuple[str, list[str]]]:
    """(proxy URL, log of what was asked); `pages` by host + path, the longest that fits answers."""
    context, log = certificate(folder), []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            first = self.rfile.readline().split()
            if len(first) < 2 or first[0] != b"CONNECT":
                return
            while self.rfile.readline().strip():
                pass
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            host = first[1].decode().split(":")[0]
            try:
                with context.wrap_socket(self.connection, server_side=True) as inner:
                    self.answer(host, inner.makefile("rb"), inner)
            except OSError:  # a client that looked and left
                return

        def answer(self, host, stream, inner):
            line = stream.readline().split()
            while stream.readline().strip():
                pass
            asked = host + line[1].decode()
            log.append(asked)
            fits = [known for known in pages if asked.startswith(known)]
            status, headers, body = pages[max(fits, key=len)] if fits else (404, {}, b"")
            head = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", "Connection: close"]
            head += [f"{k}: {v}" for k, v in headers.items()]
            inner.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", log
        server.shutdown()
