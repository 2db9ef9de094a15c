"""The other sides of the channels: an HTTP server, a mail server and MQTT brokers, all of them on loopback and all of them real sockets."""

from __future__ import annotations

import ipaddress
import os
import pwd
import shutil
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.enums import CallbackAPIVersion

HANG_S = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def certificate_of(folder: Path) -> tuple[Path, Path]:
    """A certificate of its own authority for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "desk")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


def tls_server(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, certificate))
    return context


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpPeer:
    """Keeps each request and answers as it is told: a status, `hang` (takes it and says nothing) or `drip` (a byte now and then)."""

    url: str = ""
    status: int = 200
    manner: str = "answer"
    answer: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def http_peer(certificate: tuple[Path, Path] | None = None) -> Iterator[HttpPeer]:
    peer = HttpPeer()

    class Take(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            peer.requests.append(Request(self.command, self.path, {key.lower(): value for key, value in self.headers.items()}, body))
            if peer.manner == "hang":
                peer.over.wait(HANG_S)
                self.close_connection = True
                return
            self.send_response(peer.status)
            for key, value in peer.headers.items():
                self.send_header(key, value)
            self.send_header("content-length", str(len(peer.answer)))
            self.end_headers()
            if peer.manner == "drip":
                for byte in peer.answer:
                    if peer.over.wait(0.05):
                        return
                    try:
                        self.wfile.write(bytes([byte]))
                    except OSError:
                        return
            else:
                self.wfile.write(peer.answer)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that hangs up is what some tests do."""

    server = Server(("127.0.0.1", 0), Take)
    scheme = "http"
    if certificate is not None:
        server.socket = tls_server(certificate).wrap_socket(server.socket, server_side=True)
        scheme = "https"
    peer.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield peer
    finally:
        peer.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class MailPeer:
    """A mail server for tests: keeps each mail, and answers `code` to the recipient."""

    port: int = 0
    code: int = 250
    login_code: int = 235
    manner: str = "answer"
    mails: list[Any] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def mail_peer(certificate: tuple[Path, Path] | None = None) -> Iterator[MailPeer]:
    """By TLS from the first byte where it has a certificate."""
    peer = MailPeer()

    class Session(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            try:
                self.talk()
            except OSError:
                return

        def talk(self) -> None:
            if peer.manner == "hang":
                peer.over.wait(HANG_S)
                return
            if peer.manner == "drip":
                while not peer.over.wait(0.05):
                    self.wfile.write(b"220-wait\r\n")
                return
            self.say("220 mail.test ready")
            for raw in self.rfile:
                verb = raw.decode().strip().upper()
                if verb.startswith("EHLO"):
                    self.say("250-mail.test\r\n250 AUTH PLAIN")
                elif verb.startswith("AUTH"):
                    self.say(f"{peer.login_code} login")
                elif verb.startswith("RCPT"):
                    self.say(f"{peer.code} recipient")
                elif verb == "DATA":
                    self.say("354 go on")
                    lines = []
                    for line in self.rfile:
                        if line == b".\r\n":
                            break
                        lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
                    peer.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
                    self.say(f"250 2.0.0 queued as M{len(peer.mails)}")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, *_: Any) -> None:
            """A client that does not trust us hangs up."""

    server = Server(("127.0.0.1", 0), Session)
    if certificate is not None:
        server.socket = tls_server(certificate).wrap_socket(server.socket, server_side=True)
    peer.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield peer
    finally:
        peer.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class MqttPeer:
    """A broker, and a subscriber to everything."""

    port: int
    user: str
    password: str
    publications: list[tuple[str, int, bool, bytes]] = field(default_factory=list)


AMQTT = """
listeners:
  default:
    type: tcp
    bind: 127.0.0.1:{port}
{tls}plugins:
  amqtt.plugins.authentication.FileAuthPlugin:
    password_file: {folder}/users
"""
MOSQUITTO = "listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {folder}/users\npersistence false\nuser {user}\n"


def broker_command(kind: str, folder: Path, port: int, certificate: tuple[Path, Path] | None = None) -> list[str] | None:
    """How the broker is started with one user; None where it is not installed. Only amqtt is given a certificate."""
    if kind == "amqtt":
        from amqtt.contexts import BaseContext  # noqa: F401 - tells at once when amqtt is not there
        from pwdlib import PasswordHash

        (folder / "users").write_text(f"muster:{PasswordHash.recommended().hash('pass-word-1')}\n")
        tls = "" if certificate is None else f"    ssl: true\n    certfile: {certificate[0]}\n    keyfile: {certificate[1]}\n"
        (folder / "broker.yaml").write_text(AMQTT.format(port=port, folder=folder, tls=tls))
        return [str(Path(sys.executable).with_name("amqtt")), "-c", str(folder / "broker.yaml")]
    program = shutil.which("mosquitto", path=f"{Path('/usr/sbin')}:{Path('/usr/local/sbin')}") or shutil.which("mosquitto")
    if program is None:
        return None
    (folder / "users").write_text("muster:pass-word-1\n")
    subprocess.run([shutil.which("mosquitto_passwd") or "mosquitto_passwd", "-U", str(folder / "users")], check=True, capture_output=True)
    (folder / "broker.conf").write_text(MOSQUITTO.format(port=port, folder=folder, user=pwd.getpwuid(os.getuid()).pw_name))
    return [program, "-c", str(folder / "broker.conf")]


@contextmanager
def mqtt_peer(command: list[str], port: int, folder: Path, ca_file: Path | None = None) -> Iterator[MqttPeer]:
    with (folder / "broker.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    peer = MqttPeer(port=port, user="muster", password="pass-word-1")
    reader = paho.Client(CallbackAPIVersion.VERSION2)
    if ca_file is not None:
        reader.tls_set(str(ca_file))
    reader.username_pw_set(peer.user, peer.password)
    ready = threading.Event()
    reader.on_connect = lambda *_: reader.subscribe("#", qos=1)
    reader.on_subscribe = lambda *_: ready.set()
    reader.on_message = lambda _c, _u, got: peer.publications.append((got.topic, got.qos, got.retain, got.payload))
    try:
        _until_open(port, process, folder)
        reader.connect("127.0.0.1", port)
        reader.loop_start()
        assert ready.wait(10), (folder / "broker.log").read_text()
        yield peer
    finally:
        reader.disconnect()
        reader.loop_stop()
        process.terminate()
        process.wait(10)


def _until_open(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, (folder / "broker.log").read_text()
            time.sleep(0.05)
        else:
            return
    raise AssertionError((folder / "broker.log").read_text())


@contextmanager
def deaf_broker() -> Iterator[int]:
    """Lets a client in, takes all it says, and acknowledges nothing."""

    class Session(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                if self.request.recv(1024):
                    self.request.sendall(b"\x20\x02\x00\x00")
                while self.request.recv(4096):
                    pass
            except OSError:
                return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Session)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
