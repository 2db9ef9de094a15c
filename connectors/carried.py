"""What an apprise plugin takes for the module `requests`: it makes the request as it likes, and our HTTP client carries it.

By itself apprise says only yes or no, follows no limit on the whole exchange, and takes WeCom's and DingTalk's "200, but refused" for
delivered. Here the answer is judged before the plugin sees it: what is refused or to be tried again is raised through the plugin.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import requests

from connectors.http_post import Answer
from pipelines.errors import ConfigError

Carry = Callable[..., Answer]


class Carried:
    """Stands where a plugin expects `requests`; while nobody carries, it is `requests`."""

    def __init__(self, module: ModuleType) -> None:
        """Everything but the calls comes from *module*."""
        self._module = module
        self._now = threading.local()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    @contextmanager
    def by(self, carry: Carry) -> Iterator[None]:
        """While the block runs, what this thread posts goes by *carry*."""
        self._now.carry = carry
        try:
            yield
        finally:
            self._now.carry = None

    def post(self, url: str, **options: Any) -> requests.Response:
        """As `requests.post`."""
        return self.request("POST", url, **options)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """As `requests.request`."""
        carry: Carry | None = getattr(self._now, "carry", None)
        if carry is None:
            answered: requests.Response = self._module.request(method, url, **options)
            return answered
        query = urlencode(options.get("params") or {})
        answer = carry(
            f"{url}{'&' if '?' in url else '?'}{query}" if query else url,
            _body(options),
            headers={key: str(value) for key, value in (options.get("headers") or {}).items()},
            auth=options.get("auth"),
            method=method,
        )
        return _response(answer)


def stand_in(plugin: object) -> Carried:
    """The stand-in of the plugin's module, put there at the first call.

    Raises:
        ConfigError: the plugin talks by something else than `requests`.
    """
    name = type(plugin).__module__
    module = __import__(name, fromlist=["requests"])
    found = getattr(module, "requests", None)
    if isinstance(found, Carried):
        return found
    if found is not requests:
        raise ConfigError(f"the service of {name} does not talk over HTTP, or not in a way that can be watched")
    carried = Carried(requests)
    module.requests = carried  # type: ignore[attr-defined]  # the one place where a plugin's way out can be held
    return carried


def _body(options: Mapping[str, Any]) -> bytes:
    if options.get("json") is not None:
        return json.dumps(options["json"], ensure_ascii=False).encode()
    content = options.get("data") or b""
    if isinstance(content, str):
        return content.encode()
    return content if isinstance(content, bytes) else urlencode(content).encode()


def _response(answer: Answer) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.headers.update(answer.headers)
    response._content = answer.body  # noqa: SLF001 - requests has no other way to make one
    return response
