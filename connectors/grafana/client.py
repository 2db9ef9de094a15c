"""One connection to a Grafana server: hard limits of time on every call, its client's errors as ours.

It runs on an event loop of its own, since only there a limit on a whole call is a limit: a server that sends one byte a second
ends no read timeout.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import niquests
from grafana_client.api import AsyncGrafanaApi
from grafana_client.client import GrafanaException, GrafanaTimeoutError

from connectors.clean import clean
from connectors.quiet import hush
from pipelines.errors import ConfigError, RefusedError, TransientError

_UNAUTHORISED, _FORBIDDEN, _ABSENT, _CONFLICTS, _BUSY = 401, 403, 404, (409, 412), 429
_MOST_SAID: Final = 300
_RETRY_S: Final = 2.0
_UID: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")

Call = Callable[[Any], Awaitable[Any]]


class AbsentError(RefusedError):
    """What was asked for is not there."""


class ConflictError(RefusedError):
    """Somebody else changed or made it meanwhile, or it belongs to another way of making it."""


class BusyError(TransientError):
    """Grafana asks to be called less often; it lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds: to connect, for one call as a whole, and for a data source to answer Grafana's question for its health."""

    connect_s: float = 3.0
    call_s: float = 10.0
    health_s: float = 15.0


LIMITS: Final = Limits()


def checked_uid(uid: object, what: str) -> str:
    """*uid*, which may stand in an address.

    Raises:
        ConfigError: it may not.
    """
    if not isinstance(uid, str) or not _UID.fullmatch(uid):
        raise ConfigError(f"{what}: uid: expected 1 to 40 letters, digits, '-' and '_', got {clean(repr(uid), most=60)}")
    return uid


class Grafana:
    """A server of Grafana, by the token of a service account.

    Args:
        url: http or https, host, and the path under which Grafana is served, if any.
        token: of a service account with the role Admin.
        ca_file: certificates to trust instead of the system's.
    """

    def __init__(self, url: str, token: str, *, limits: Limits = LIMITS, ca_file: Path | None = None) -> None:
        """Nothing is opened yet.

        Raises:
            ConfigError: *url* is no address of a server, or holds a name and password.
        """
        self.url = _checked_url(url)
        self.limits = limits
        self._token, self._ca_file = token, ca_file
        self._runner: asyncio.Runner | None = None
        self._api: Any = None

    def start(self) -> str:
        """Dial, and see that the token is known; returns Grafana's version, empty where it does not say.

        Raises:
            TransientError: no answer.
            RefusedError: it does not take the token.
            ConfigError: this is no Grafana, or the file of certificates is none.
        """
        hush("niquests", "urllib3_future", "grafana_client")
        if self._runner is None:
            self._runner = asyncio.Runner()
            self._api = self._connect()
        health = self.ask("is this a Grafana", lambda api: api.client.GET("/health"))
        if not isinstance(health, dict) or "database" not in health:
            raise ConfigError(f"{self.url}: answers, but not as Grafana does")
        try:
            self.ask("whose token it is", lambda api: api.client.GET("/org"))
        except AbsentError:
            raise ConfigError(f"{self.url}: answers, but not as Grafana does") from None
        return clean(str(health.get("version", "")), most=40)

    def ask(self, what: str, call: Call, *, limit_s: float | None = None) -> Any:
        """What *call* brings of the client, within the limit of time; *what* names it in sentences.

        Raises:
            TransientError: no answer in time, or a fault over there; BusyError: too many calls.
            RefusedError: it said no; AbsentError: there is no such thing; ConflictError: somebody else changed it.
            ConfigError: the address or its certificate is wrong.
        """
        if self._runner is None:
            raise TransientError("Grafana has not been started, or is closed")
        limit_s = self.limits.call_s if limit_s is None else limit_s
        try:
            return self._runner.run(self._within(call, limit_s))
        except (TimeoutError, GrafanaTimeoutError, niquests.exceptions.Timeout):
            raise TransientError(f"{what}: Grafana gave no answer within {limit_s:g} s", retry_after_s=_RETRY_S) from None
        except GrafanaException as error:
            raise _refusal(what, error) from None
        except niquests.exceptions.TooManyRedirects:
            raise ConfigError(
                f"{self.url}: sends us to another address; give that one, with the path that Grafana is served under"
            ) from None
        except niquests.exceptions.SSLError:
            raise ConfigError(f"{self.url}: its certificate is not trusted; --ca-file names another authority's") from None
        except (niquests.exceptions.JSONDecodeError, json.JSONDecodeError, UnicodeDecodeError):
            raise ConfigError(f"{what}: the answer is not JSON; is this the address of Grafana itself?") from None
        except (niquests.exceptions.RequestException, OSError, EOFError) as error:
            raise TransientError(f"{what}: no connection to Grafana ({type(error).__name__})", retry_after_s=_RETRY_S) from None

    def find(self, what: str, call: Call) -> Any:
        """As `ask`, and None for what is not there."""
        try:
            return self.ask(what, call)
        except AbsentError:
            return None

    @staticmethod
    def now_s() -> float:
        """A clock that only runs forward, for how long an answer took."""
        return time.monotonic()

    def close(self) -> None:
        """Hang up; may be called more than once."""
        runner, self._runner, api, self._api = self._runner, None, self._api, None
        if runner is not None:
            try:
                if api is not None:
                    runner.run(self._hang_up(api))
            finally:
                runner.close()

    def _connect(self) -> Any:
        parts = urlsplit(self.url)
        if self._ca_file is not None:
            try:
                ssl.create_default_context(cafile=str(self._ca_file))
            except (OSError, ssl.SSLError) as error:
                raise ConfigError(f"{self._ca_file.name}: is no file of certificates: {type(error).__name__}") from error
        prefix = parts.path.strip("/")
        api: Any = AsyncGrafanaApi(
            self._token,
            host=f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname,
            port=parts.port,
            url_path_prefix=f"{prefix}/" if prefix else "",
            protocol=parts.scheme,
            verify=True if self._ca_file is None else str(self._ca_file),
            timeout=(self.limits.connect_s, max(self.limits.call_s, self.limits.health_s)),
            user_agent="muster",
        )
        session = api.client.s
        session.max_redirects = 0  # the token goes to the address that was given, and nowhere else
        session.trust_env = False  # neither a proxy nor a .netrc that somebody set for a shell
        return api

    async def _within(self, call: Call, limit_s: float) -> Any:
        async with asyncio.timeout(limit_s):
            return await call(self._api)

    @staticmethod
    async def _hang_up(api: Any) -> None:
        closing: Coroutine[Any, Any, None] = api.client.s.close()
        await closing


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        raise ConfigError("Grafana's address: expected http(s)://host[:port][/path], got something else") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigError("Grafana's address: holds a name or password, which every process on this machine can read; use --token-file")
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_fits or parts.query or parts.fragment:
        raise ConfigError(f"Grafana's address: expected http(s)://host[:port][/path], got '{clean(url, most=80)}'")
    return url.strip().rstrip("/")


def _refusal(what: str, error: GrafanaException) -> TransientError | RefusedError:
    """Grafana's refusal in our words; what it says of itself is cut and cleaned, since names of others stand in it."""
    said = _said(error)
    status = error.status_code
    if status == _UNAUTHORISED:
        return RefusedError(f"{what}: Grafana does not take the token (401): it is wrong, has expired or was taken back")
    if status == _FORBIDDEN:
        return RefusedError(f"{what}: the token has not the right to do this (403): {said}")
    if status == _ABSENT:
        return AbsentError(f"{what}: is not there (404): {said}")
    if status in _CONFLICTS:
        return ConflictError(f"{what}: {said} ({status})")
    if status == _BUSY:
        return BusyError(f"{what}: Grafana asks to be called less often (429)", retry_after_s=_RETRY_S)
    if status == 0 or status >= 500:
        return TransientError(f"{what}: a fault in Grafana ({status or 'no status'}): {said}", retry_after_s=_RETRY_S)
    return RefusedError(f"{what}: Grafana refuses ({status}): {said}")


def _said(error: GrafanaException) -> str:
    answer = error.response
    text = answer.get("message", answer) if isinstance(answer, dict) else answer or error.message
    return clean(str(text), most=_MOST_SAID) or "no reason given"
