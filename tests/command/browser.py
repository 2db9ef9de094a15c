"""Drives a headless Chromium over its debugging protocol."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final, Self

import aiohttp

CHROMIUM: Final = Path("/usr/bin/chromium")
FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)


class Browser:
    """One page in one browser, with a profile of its own; use as an async context."""

    def __init__(self, profile: Path, *, width: int = 1600, height: int = 900, scale: int = 1) -> None:
        """Keep the browser's files in *profile*, which is removed afterwards."""
        self._profile, self._size, self._scale = profile, (width, height), scale
        self._number = 0
        self.errors: list[str] = []

    async def __aenter__(self) -> Self:
        """Start it and dial."""
        self._process = subprocess.Popen(  # noqa: ASYNC220 - it only starts
            [str(CHROMIUM), *FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        port = await self._port()
        self._session = aiohttp.ClientSession()
        async with self._session.get(f"http://127.0.0.1:{port}/json/list") as answer:
            pages = [row for row in await answer.json() if row["type"] == "page"]
        self._socket = await self._session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0)
        width, height = self._size
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=self._scale,
            mobile=width < 600,
        )
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.call(f"{domain}.enable")
        return self

    async def __aexit__(self, *_: object) -> None:
        """End it."""
        await self._socket.close()
        await self._session.close()
        self._process.terminate()
        await asyncio.to_thread(self._process.wait)
        shutil.rmtree(self._profile, ignore_errors=True)

    async def _port(self) -> int:
        told = self._profile / "DevToolsActivePort"
        for _ in range(200):
            with contextlib.suppress(OSError, IndexError, ValueError):
                return int(told.read_text().splitlines()[0])
            await asyncio.sleep(0.1)
        raise TimeoutError("Chromium did not start within 20 s")

    async def call(self, method: str, **params: Any) -> Any:
        """One call of the protocol; faults that the page logs meanwhile are kept in `errors`."""
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        while True:
            told = await asyncio.wait_for(self._socket.receive_json(), 20)
            if told.get("id") == self._number:
                return told.get("result", told.get("error"))
            self._keep(told)

    def _keep(self, told: dict[str, Any]) -> None:
        params = told.get("params", {})
        if told.get("method") == "Runtime.exceptionThrown":
            self.errors.append(str(params["exceptionDetails"].get("exception", {}).get("description", params)))
        elif told.get("method") == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif told.get("method") == "Network.requestWillBeSent" and not params["request"]["url"].startswith(
            ("http://127.0.0.1", "data:", "about:")
        ):
            self.errors.append(f"asked outside: {params['request']['url']}")

    async def go(self, url: str) -> None:
        """Open *url*."""
        await self.call("Page.navigate", url=url)

    async def value(self, expression: str) -> Any:
        """What a JavaScript expression gives."""
        told = await self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return told["result"].get("value")

    async def until(self, expression: str, *, within_s: float = 15) -> None:
        """Wait until *expression* is true.

        Raises:
            TimeoutError: it never was.
        """
        for _ in range(round(within_s * 10)):
            if await self.value(expression):
                return
            await asyncio.sleep(0.1)
        raise TimeoutError(f"never true: {expression}; the page says: {await self.value('document.body.innerText')}")

    async def press(self, key: str) -> None:
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, text=key if len(key) == 1 and kind == "keyDown" else "")

    async def picture(self, path: Path, *, whole: bool = False) -> None:
        """Keep a screenshot."""
        told = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(told["data"]))  # noqa: ASYNC240 - nothing else runs meanwhile
