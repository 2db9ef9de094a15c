"""A camera that speaks RTSP 1.0 (RFC 2326) on loopback: Digest (RFC 2617), and H.264 (RFC 6184) as RTP between the answers (TCP)."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import re
import secrets
import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import av

CLOCK_HZ = 90_000
FIRST_TICKS = 2**32 - CLOCK_HZ  # a stream's times begin anywhere: these run over their 32 bits after a second
SPS, PPS, AUD = 7, 8, 9


@dataclass(frozen=True)
class Film:
    """Pictures as they are coded: when each is shown, ticks of 90 kHz, and its NAL units; and the parameter sets."""

    pictures: list[tuple[int, list[bytes]]]
    sps: bytes
    pps: bytes


def film_of(body: bytes, *, sets_in_band: bool = True) -> Film:
    """A coded film taken apart; without *sets_in_band* its parameter sets stand in the description alone."""
    pictures, sets = [], {}
    with av.open(io.BytesIO(body)) as container:
        for packet in container.demux(video=0):
            if packet.size and packet.pts is not None and packet.time_base is not None:
                units = [unit.rstrip(b"\0") for unit in bytes(packet).split(b"\0\0\1") if unit.strip(b"\0")]
                sets |= {unit[0] & 31: unit for unit in units if unit[0] & 31 in (SPS, PPS)}
                left_out = {AUD} if sets_in_band else {AUD, SPS, PPS}
                kept = [unit for unit in units if unit[0] & 31 not in left_out]
                pictures.append((round(packet.pts * packet.time_base * CLOCK_HZ), kept))
    first = pictures[0][0]
    return Film([(ticks - first, units) for ticks, units in pictures], sets[SPS], sets[PPS])


def payloads(unit: bytes, most: int) -> Iterator[bytes]:
    """A NAL unit as payloads of at most so many bytes: by itself, or in fragments (FU-A)."""
    if len(unit) <= most:
        yield unit
        return
    parts = [unit[at : at + most - 2] for at in range(1, len(unit), most - 2)]
    for number, part in enumerate(parts):
        begins, ends = number == 0, number == len(parts) - 1
        yield bytes([unit[0] & 0xE0 | 28, begins << 7 | ends << 6 | unit[0] & 31]) + part


def md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode()).hexdigest()  # RFC 2617 has no other


class Camera:
    """Serves each play the next of *films* at its own speed, then hangs up.

    Args:
        user, password: whom it serves; everybody where there is no user.
        cut_after: pictures after which the first play is cut off.
        most_bytes: of an RTP payload; 1400 fit an Ethernet frame.
    """

    def __init__(
        self, films: Sequence[Film], *, user: str = "", password: str = "", cut_after: int | None = None, most_bytes: int = 1400
    ) -> None:
        self.films, self._user, self._password, self.cut_after, self.most_bytes = films, user, password, cut_after, most_bytes
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(0.1)
        self.port = self._server.getsockname()[1]
        self.plays = self.refused = self.fragments = 0
        self.asked: list[str] = []
        self.stop = threading.Event()
        self.nonce = secrets.token_hex(8)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def address(self, password: str | None = None) -> str:
        word = self._password if password is None else password
        return f"rtsp://{f'{self._user}:{word}@' if self._user else ''}127.0.0.1:{self.port}/stream"

    def close(self) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(10)
        self._server.close()

    def _accept(self) -> None:
        while not self.stop.is_set():
            with suppress(TimeoutError):
                client, _ = self._server.accept()
                client.settimeout(0.1)
                self._threads.append(threading.Thread(target=Session(self, client).serve, daemon=True))
                self._threads[-1].start()

    def permits(self, method: str, header: str) -> bool:
        """Whether the answer to the challenge is right."""
        if not self._user:
            return True
        said = dict(re.findall(r'(\w+)="?([^",]+)"?', header.partition(" ")[2]))
        secret, what = md5(self._user, "camera", self._password), md5(method, said.get("uri", ""))
        right = md5(secret, self.nonce, said.get("nc", ""), said.get("cnonce", ""), "auth", what)
        return said.get("username") == self._user and said.get("nonce") == self.nonce and said.get("response") == right


class Session:
    """One connection."""

    def __init__(self, camera: Camera, client: socket.socket) -> None:
        self._camera, self._client, self._film = camera, client, camera.films[camera.plays % len(camera.films)]
        self._lock, self._over = threading.Lock(), threading.Event()

    def serve(self) -> None:
        buffer, playing = b"", None
        with self._client:
            while not (self._over.is_set() or self._camera.stop.is_set()):
                with suppress(TimeoutError):
                    try:
                        taken = self._client.recv(4096)
                    except ConnectionError:
                        taken = b""
                    if not taken:
                        break
                    buffer += taken
                    while buffer[:1] == b"$" and len(buffer) >= 4 + int.from_bytes(buffer[2:4], "big"):
                        buffer = buffer[4 + int.from_bytes(buffer[2:4], "big") :]  # the client's reports (RTCP)
                    while buffer[:1] != b"$" and b"\r\n\r\n" in buffer:
                        head, _, buffer = buffer.partition(b"\r\n\r\n")
                        if self._answer(head.decode()) == "PLAY":
                            playing = threading.Thread(target=self._play, daemon=True)
                            playing.start()
            self._over.set()
            if playing is not None:
                playing.join()

    def _answer(self, head: str) -> str:
        first, *lines = head.split("\r\n")
        method, url, _ = first.split(" ")
        said = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self._camera.asked.append(method)
        status, more, body = "200 OK", [f"CSeq: {said['cseq']}"], ""
        if method != "OPTIONS" and not self._camera.permits(method, said.get("authorization", "")):
            self._camera.refused += "authorization" in said
            status, method = "401 Unauthorized", "refused"
            more.append(f'WWW-Authenticate: Digest realm="camera", nonce="{self._camera.nonce}", qop="auth", algorithm=MD5')
        elif method == "OPTIONS":
            more.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN")
        elif method == "DESCRIBE":
            body = self._description()
            more += ["Content-Type: application/sdp", f"Content-Base: {url}/"]
        elif method == "SETUP" and "TCP" not in said.get("transport", ""):
            status, method = "461 Unsupported Transport", "refused"
        elif method == "SETUP":
            more += ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 7;timeout=2"]  # a client speaks before half of it is over
        elif method == "PLAY":
            more += ["Session: 7", "Range: npt=0.000-", f"RTP-Info: url={url};seq=1;rtptime={FIRST_TICKS}"]
        elif method == "TEARDOWN":
            self._over.set()
        if body:
            more.append(f"Content-Length: {len(body)}")
        self._send(("\r\n".join([f"RTSP/1.0 {status}", *more, "", body])).encode())
        return method

    def _description(self) -> str:
        sets = ",".join(base64.b64encode(each).decode() for each in (self._film.sps, self._film.pps))
        return (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=stream\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
            f"a=rtpmap:96 H264/{CLOCK_HZ}\r\na=control:track1\r\n"
            f"a=fmtp:96 packetization-mode=1;profile-level-id={self._film.sps[1:4].hex()};sprop-parameter-sets={sets}\r\n"
        )

    def _play(self) -> None:
        self._camera.plays += 1
        began_s, numbers = time.monotonic(), itertools.count(1)
        cut = self._camera.cut_after if self._camera.plays == 1 else None
        for ticks, units in self._film.pictures[:cut]:
            if self._over.wait(max(began_s + ticks / CLOCK_HZ - time.monotonic(), 0)):
                return
            parts = [part for unit in units for part in payloads(unit, self._camera.most_bytes)]
            self._camera.fragments += sum(part[0] & 31 == 28 for part in parts)
            for part in parts:
                head = (0x80, 0x80 * (part is parts[-1]) | 96, next(numbers) & 0xFFFF, (FIRST_TICKS + ticks) & 0xFFFFFFFF, 1)
                self._send(struct.pack("!cBH", b"$", 0, 12 + len(part)) + struct.pack("!BBHII", *head) + part)
        if cut is not None:
            self._over.set()
        with suppress(OSError):
            self._client.shutdown(socket.SHUT_WR)

    def _send(self, body: bytes) -> None:
        with self._lock, suppress(OSError):
            self._client.sendall(body)
