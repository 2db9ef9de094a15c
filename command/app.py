"""Entry point of the live page: `python -m command.app`; on loopback, unless it is told otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from command.api import create_app
from command.hub import Hub
from connectors.kafka import producer
from pipelines.errors import ConfigError
from pipelines.settings import Settings, die, read

GRACE_S = 1  # open streams never end by themselves


def application(settings: Settings, hub: Hub) -> FastAPI:
    """The page of this machine."""
    home = settings.home
    app = create_app(hub, dist=home / "web" / "dist", run=home / "run", grafana=settings.grafana, recordings=settings.recordings)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        hub.start()
        yield
        hub.close()

    app.router.lifespan_context = life
    return app


class _Server(uvicorn.Server):
    """Says that it is ready once it listens."""

    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        super().__init__(config)
        self._settings = settings

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]  # narrower than it needs
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            self._settings.ready()


def main() -> None:
    """Serve until told to stop."""
    try:
        settings = read()
        if not settings.page_port:
            raise ConfigError("MUSTER_PAGE_PORT must be set")
    except ConfigError as error:
        die(error)
        return
    hub = Hub(settings.home / "run" / "modes", bootstrap=settings.kafka, client=producer(settings.kafka, linger_ms=0))
    config = uvicorn.Config(
        application(settings, hub),
        host=settings.page_host,
        port=settings.page_port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
        ws="none",
    )
    _Server(config, settings).run()


if __name__ == "__main__":
    main()
