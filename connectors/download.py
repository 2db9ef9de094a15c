"""Fetches a known file: a partial file first, its hash checked, then renamed. No redirect leaves the scheme of the address."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from pipelines.errors import ConfigError, RefusedError, TransientError

_MOST_REDIRECTS: Final = 5
_PIECE_BYTES: Final = 64 * 1024
_CONNECT_S: Final = 10.0
_READ_S: Final = 20.0
_MOVED: Final = (301, 302, 303, 307, 308)
_LATER: Final = (408, 425, 429, *range(500, 600))


class Download:
    """Fetches files whose size and hash are known. The environment's proxies (HTTPS_PROXY, NO_PROXY) are used."""

    def __init__(self, *, read_s: float = _READ_S, total_s: float = 600.0) -> None:
        """Nothing is opened yet; *read_s* between two pieces, *total_s* for all of it."""
        self._read_s, self._total_s = read_s, total_s

    def fetch(self, address: str, to: Path, *, sha256: str, size_bytes: int, tell: Callable[[int], None] = lambda _: None) -> None:
        """Put the file at *to*; what was there before stays until the new one is whole and is the one that was meant.

        Args:
            address: http or https.
            to: where; its folder is made.
            sha256: of the file, hexadecimal.
            size_bytes: of the file.
            tell: called with how many bytes are here.

        Raises:
            RefusedError: the server has no such file, or another one.
            TransientError: it does not answer, or not to the end.
            ConfigError: the folder cannot be written.
        """
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{to.name}.", suffix=".part", dir=to.parent)
        except OSError as error:
            raise ConfigError(f"{to.parent}: cannot be written: {error.strerror}") from error
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                digest, came = self._into(file.write, address, size_bytes, tell)
            if came != size_bytes:
                raise TransientError(f"{address}: was cut off: expected {size_bytes} bytes, got {came}")
            if digest != sha256:
                raise RefusedError(f"{address}: is another file: expected sha256 {sha256}, got {digest}")
            part.chmod(0o644)
            part.replace(to)
        except OSError as error:
            raise ConfigError(f"{to}: cannot be written: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)

    def _into(self, write: Callable[[bytes], int], address: str, most: int, tell: Callable[[int], None]) -> tuple[str, int]:
        limits = httpx.Timeout(self._read_s, connect=_CONNECT_S)
        ends, digest, came = time.monotonic() + self._total_s, hashlib.sha256(), 0
        try:
            with httpx.Client(timeout=limits, follow_redirects=False) as client, _Open(client, address) as answer:
                for piece in answer.iter_bytes(_PIECE_BYTES):
                    came += len(piece)
                    if came > most:
                        raise RefusedError(f"{address}: is another file: expected {most} bytes, it sends more")
                    if time.monotonic() > ends:
                        raise TransientError(f"{address}: is too slow: {came} of {most} bytes in {self._total_s:g} s")
                    digest.update(piece)
                    write(piece)
                    tell(came)
        except httpx.TimeoutException:
            raise TransientError(f"{address}: does not answer in time ({came} of {most} bytes came)") from None
        except (httpx.RemoteProtocolError, httpx.ReadError):
            raise TransientError(f"{address}: was cut off: expected {most} bytes, got {came}") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TransientError(f"{address}: cannot be reached: {error}") from None
        return digest.hexdigest(), came


class _Open:
    """An answer with a file in it, after redirects that stay with the scheme."""

    def __init__(self, client: httpx.Client, address: str) -> None:
        self._client, self._address = client, address
        self._answer: httpx.Response | None = None

    def __enter__(self) -> httpx.Response:
        scheme, at = urlsplit(self._address).scheme, self._address
        if scheme not in ("http", "https"):
            raise RefusedError(f"{self._address}: expected an http or https address")
        for _ in range(_MOST_REDIRECTS + 1):
            # plain bytes: a packed answer would not have the size and hash that are known
            answer = self._client.send(self._client.build_request("GET", at, headers={"Accept-Encoding": "identity"}), stream=True)
            if answer.status_code not in _MOVED:
                self._answer = answer
                return self._checked(answer)
            answer.close()
            at = str(answer.url.join(answer.headers.get("location", "")))
            if urlsplit(at).scheme != scheme:
                raise RefusedError(f"{self._address}: sends on to another scheme ({urlsplit(at).scheme or 'none'}): not followed")
        raise RefusedError(f"{self._address}: sends on more than {_MOST_REDIRECTS} times")

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code == httpx.codes.OK:
            return answer
        answer.close()
        sentence = f"{self._address}: the server says {answer.status_code}"
        raise TransientError(sentence) if answer.status_code in _LATER else RefusedError(sentence)

    def __exit__(self, *_: object) -> None:
        if self._answer is not None:
            self._answer.close()
