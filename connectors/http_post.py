"""One HTTP client for what goes out: hard limits of time, no redirects, certificates checked, one pool of connections.

It runs on an event loop of its own, since only there a limit on the whole exchange is a limit: a server that sends one byte a
second ends no read timeout.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import httpx

from connectors.quiet import hush
from pipelines.errors import ConfigError, RefusedError, TransientError

_MOST_ANSWER_BYTES: Final = 64 * 1024
_MOST_RETRY_S: Final = 300.0
_RETRY_S: Final = 2.0
_OK: Final = range(200, 300)
_LATER: Final = (408, 425, 429, *range(500, 600))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds that one delivery may take: to connect, between two bytes, and as a whole."""

    connect_s: float = 2.0
    read_s: float = 3.0
    total_s: float = 5.0


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the other side said; at most 64 KiB of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpPost:
    """A client for POST requests of one channel."""

    def __init__(self, name: str, *, limits: Limits, ca_file: Path | None = None) -> None:
        """Nothing is opened yet; *name* is the channel's, for sentences."""
        self._name, self._limits, self._ca_file = name, limits, ca_file
        self._runner: asyncio.Runner | None = None
        self._client: httpx.AsyncClient | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Load the certificates and make the client: 50 ms of processor that no delivery pays again.

        Raises:
            ConfigError: the file of certificates is none.
        """
        if self._client is not None:
            return
        hush("httpx", "httpcore")
        try:
            context = ssl.create_default_context(cafile=None if self._ca_file is None else str(self._ca_file))
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"channel '{self._name}': ca_file: is no file of certificates: {type(error).__name__}") from error
        self._client = httpx.AsyncClient(
            verify=context,
            follow_redirects=False,
            trust_env=False,  # a proxy that somebody set for a shell is no part of the way to people
            timeout=httpx.Timeout(self._limits.read_s, connect=self._limits.connect_s),
        )
        self._runner = asyncio.Runner()

    def post(
        self, url: str, body: bytes, *, headers: Mapping[str, str], auth: tuple[str, str] | None = None, method: str = "POST"
    ) -> Answer:
        """Send *body* and wait for the answer, `total_s` at most. The sentences name the channel, never the address: it may hold a key.

        Raises:
            TransientError: no connection or no answer in time.
            RefusedError: the address is none.
        """
        if self._runner is None:
            raise TransientError(f"channel '{self._name}' has not been started, or is closed")
        with self._lock:
            try:
                return self._runner.run(self._exchange(method, url, body, headers=headers, auth=auth))
            except TimeoutError:
                raise TransientError(
                    f"channel '{self._name}': no answer within {self._limits.total_s:g} s", retry_after_s=_RETRY_S
                ) from None
            except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
                raise RefusedError(f"channel '{self._name}': its address is not one that can be called") from None
            except httpx.TimeoutException as error:
                raise TransientError(f"channel '{self._name}': {_why(error)}", retry_after_s=_RETRY_S) from None
            except httpx.HTTPError as error:
                raise TransientError(f"channel '{self._name}': {_why(error)}", retry_after_s=_RETRY_S) from None

    async def _exchange(self, method: str, url: str, body: bytes, *, headers: Mapping[str, str], auth: tuple[str, str] | None) -> Answer:
        assert self._client is not None
        async with asyncio.timeout(self._limits.total_s):
            async with self._client.stream(
                method, url, content=body, headers={**headers, "accept-encoding": "identity"}, auth=auth
            ) as response:
                taken = bytearray()
                async for piece in response.aiter_raw():  # unpacked by nobody: it might swell
                    taken += piece
                    if len(taken) > _MOST_ANSWER_BYTES:
                        break
                return Answer(status=response.status_code, headers=dict(response.headers), body=bytes(taken[:_MOST_ANSWER_BYTES]))

    def judge(self, answer: Answer) -> Answer:
        """*answer* itself, if it says that the message has arrived.

        Raises:
            TransientError: too many requests or a fault over there, and when to come again.
            RefusedError: anything else that is no success, redirects among it.
        """
        if answer.status in _OK:
            return answer
        if answer.status in _LATER:
            raise TransientError(f"channel '{self._name}': answered {answer.status}", retry_after_s=retry_after_s(answer.headers))
        raise RefusedError(f"channel '{self._name}': answered {answer.status}{' (gone)' if answer.status == httpx.codes.GONE else ''}")

    def close(self) -> None:
        """Hang up; may be called more than once."""
        with self._lock:
            runner, self._runner, client, self._client = self._runner, None, self._client, None
            if runner is not None and client is not None:
                runner.run(client.aclose())
                runner.close()


def _why(error: httpx.HTTPError) -> str:
    """What went wrong, without anything that the address might hold."""
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.ConnectError):
        return "the certificate is not trusted" if "CERTIFICATE_VERIFY_FAILED" in str(error) else "no connection"
    return f"the exchange broke off ({type(error).__name__})"


def retry_after_s(headers: Mapping[str, str], *, now_s: float | None = None) -> float:
    """Seconds that `Retry-After` asks for, as a number or a date, between 0 and 300; 2 where it says nothing."""
    said = {key.lower(): value for key, value in headers.items()}.get("retry-after", "").strip()
    if said.isdecimal():
        return min(float(said[:6]), _MOST_RETRY_S)
    try:
        when = parsedate_to_datetime(said)
    except ValueError:
        return _RETRY_S
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(max(when.timestamp() - (time.time() if now_s is None else now_s), 0.0), _MOST_RETRY_S)
