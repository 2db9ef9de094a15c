"""Where each server of the embedded machine listens: loopback ports that are chosen once and kept."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from pipelines.errors import ConfigError

LOOPBACK = "127.0.0.1"
FIRST_PORT, LAST_PORT = 20_768, 32_767  # below the ephemeral range: no outgoing connection can sit on one


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """One loopback port for each server."""

    kafka_port: int
    kafka_controller_port: int
    registry_port: int
    clickhouse_tcp_port: int
    clickhouse_http_port: int
    flink_rest_port: int
    flink_rpc_port: int
    flink_blob_port: int
    flink_taskmanager_port: int
    page_port: int

    @property
    def kafka(self) -> str:
        """The bootstrap server, ``host:port``."""
        return f"{LOOPBACK}:{self.kafka_port}"

    @property
    def kafka_controller(self) -> str:
        """The KRaft controller, ``host:port``."""
        return f"{LOOPBACK}:{self.kafka_controller_port}"

    @property
    def registry_url(self) -> str:
        """The schema registry."""
        return f"http://{LOOPBACK}:{self.registry_port}"

    @property
    def clickhouse(self) -> str:
        """ClickHouse's native protocol, ``host:port``."""
        return f"{LOOPBACK}:{self.clickhouse_tcp_port}"

    @property
    def clickhouse_url(self) -> str:
        """ClickHouse's HTTP interface."""
        return f"http://{LOOPBACK}:{self.clickhouse_http_port}"

    @property
    def flink_url(self) -> str:
        """Flink's REST interface and its own page."""
        return f"http://{LOOPBACK}:{self.flink_rest_port}"

    @property
    def page_url(self) -> str:
        """The live page."""
        return f"http://{LOOPBACK}:{self.page_port}"


def ports_file(home: Path) -> Path:
    """Where the chosen ports are kept."""
    return home / "run" / "ports.json"


def read_addresses(home: Path) -> Addresses:
    """The addresses of a machine that runs or has run; nothing is checked or changed.

    Raises:
        ConfigError: no machine was ever started under *home*, or its file of ports cannot be read.
    """
    kept = _kept_ports(ports_file(home))
    if set(kept) != set(_names()):
        msg = f"{ports_file(home)} holds no complete list of ports: nothing was started here yet"
        raise ConfigError(msg)
    return Addresses(**kept)


def claim_addresses(home: Path, *, is_free: Callable[[int], bool] | None = None) -> Addresses:
    """The kept ports, each one that a foreign process holds replaced, and the file rewritten when that happened.

    Args:
        home: the runtime folder; ``home/run`` is made with mode 0700.
        is_free: says whether a port can be listened on; the default tries it.
    """
    path = ports_file(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    kept = _kept_ports(path)
    ports = _complete(kept, _names(), is_free or can_listen)
    if ports != kept:
        _write(path, ports)
    return Addresses(**ports)


def can_listen(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do: TIME_WAIT is not "taken"
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def somebody_listens(port: int, *, host: str = LOOPBACK) -> bool:
    """Whether a port takes connections: cheap, and silent while it does not."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _complete(kept: dict[str, int], names: Iterable[str], is_free: Callable[[int], bool]) -> dict[str, int]:
    ports: dict[str, int] = {}
    for name in names:
        port = kept.get(name)
        usable = port is not None and FIRST_PORT <= port <= LAST_PORT and port not in ports.values()
        if port is None or not usable or not is_free(port):
            port = _new_port({*kept.values(), *ports.values()}, is_free)
        ports[name] = port
    return ports


def _new_port(avoid: set[int], is_free: Callable[[int], bool]) -> int:
    chooser = random.SystemRandom()
    for _ in range(200):
        port = chooser.randint(FIRST_PORT, LAST_PORT)
        if port not in avoid and is_free(port):
            return port
    msg = f"no free loopback port was found between {FIRST_PORT} and {LAST_PORT}"
    raise ConfigError(msg)


def _names() -> list[str]:
    return [field.name for field in fields(Addresses)]


def _kept_ports(path: Path) -> dict[str, int]:
    try:
        kept = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(kept, dict):
        return {}
    return {name: port for name, port in kept.items() if name in _names() and isinstance(port, int)}


def _write(path: Path, ports: dict[str, int]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(Addresses(**ports)), indent=2) + "\n")
    part.replace(path)
