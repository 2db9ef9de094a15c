"""A known file arrives whole or not at all, from a server on this machine that behaves in every way."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from connectors.download import Download
from pipelines.errors import RefusedError, TransientError

BODY = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(BODY).hexdigest()
RELEASED = threading.Event()


class Shelf(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        match self.path:
            case "/gone":
                self.send_error(404)
            case "/busy":
                self.send_error(503)
            case "/moved":
                self._moved("/good")
            case "/other-scheme":
                self._moved("ftp://127.0.0.1/good")
            case "/circle":
                self._moved("/circle")
            case "/cut":
                self._head(len(BODY))
                self.wfile.write(BODY[:1000])
            case "/slow":
                self._head(len(BODY))
                self.wfile.write(BODY[:1000])
                self.wfile.flush()
                RELEASED.wait(10)
            case "/wrong":
                self._head(len(BODY))
                self.wfile.write(BODY[::-1])
            case "/more":
                self._head(2 * len(BODY))
                self.wfile.write(BODY)
                self.wfile.write(BODY)
            case _:
                self._head(len(BODY))
                self.wfile.write(BODY)

    def _head(self, size: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()

    def _moved(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def shelf() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that hangs up is what is tested
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    RELEASED.set()
    server.shutdown()
    server.server_close()
    thread.join()


def fetch(address: str, to: Path) -> None:
    Download(read_s=0.5).fetch(address, to, sha256=SHA256, size_bytes=len(BODY))


@pytest.mark.parametrize("path", ["/good", "/moved"])
def test_a_good_file_takes_its_place(shelf: str, path: str, tmp_path: Path) -> None:
    fetch(shelf + path, tmp_path / "new" / "weights.onnx")
    assert (tmp_path / "new" / "weights.onnx").read_bytes() == BODY


@pytest.mark.parametrize(
    ("path", "kind", "sentence"),
    [
        ("/gone", RefusedError, "the server says 404"),
        ("/busy", TransientError, "the server says 503"),
        ("/other-scheme", RefusedError, "sends on to another scheme"),
        ("/circle", RefusedError, "sends on more than 5 times"),
        ("/cut", TransientError, f"was cut off: expected {len(BODY)} bytes"),
        ("/slow", TransientError, "does not answer in time"),
        ("/wrong", RefusedError, "is another file: expected sha256"),
        ("/more", RefusedError, "is another file: expected 256000 bytes, it sends more"),
    ],
)
def test_what_is_not_the_file_leaves_the_old_one_and_nothing_else(
    shelf: str, path: str, kind: type[Exception], sentence: str, tmp_path: Path
) -> None:
    to = tmp_path / "weights.onnx"
    to.write_bytes(b"old")
    with pytest.raises(kind, match=sentence):
        fetch(shelf + path, to)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("weights.onnx", b"old")]


def test_an_address_of_another_kind_is_not_dialled(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="expected an http or https address"):
        fetch("file:///etc/hostname", tmp_path / "weights.onnx")


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TransientError, match="cannot be reached"):
        fetch("http://127.0.0.1:1/weights.onnx", tmp_path / "weights.onnx")
