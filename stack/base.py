"""The servers below the stages: Kafka, the registry, ClickHouse and Flink.

``python -m stack.base`` starts them alone and waits for Ctrl-C, for work on a single stage.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path

from rich.console import Console

from pipelines.errors import MusterError
from stack import clickhouse, flink, kafka, registry
from stack.addresses import Addresses, claim_addresses
from stack.fetch import ROOT, fetch_servers
from stack.hold import hold
from stack.parts import Part, PartStatus
from stack.supervisor import Supervisor
from stack.usage import usage


def base_parts(home: Path, root: Path, addresses: Addresses) -> list[Part]:
    """Kafka, registry, ClickHouse and Flink's two programs, with their files written under ``home/run``."""
    return [
        kafka.part(home, addresses),
        registry.part(root, addresses),
        clickhouse.part(home, root, addresses),
        *flink.parts(home, addresses),
    ]


def main() -> int:
    """Fetch, start, say how it goes, and stop on Ctrl-C."""
    console, home = Console(highlight=False), ROOT / ".muster"
    try:
        fetch_servers(home, progress=lambda what, done, total: console.print(f"{what} {done}/{total}"))
        holder = hold(home)
        addresses = claim_addresses(home)
        supervisor = Supervisor(
            base_parts(home, ROOT, addresses),
            logs=home / "run" / "logs",
            status_file=home / "run" / "status.json",
            on_change=lambda status: console.print(_line(status)),
        )
        begun = time.monotonic()
        supervisor.start()
    except MusterError as error:
        console.print(str(error), markup=False)
        return 1
    console.print(f"all ready after {time.monotonic() - begun:.1f} s: Kafka {addresses.kafka}, {addresses.flink_url}")
    _wait_for_the_end(supervisor, console)
    holder.close()
    return 0


def _line(status: PartStatus) -> str:
    after = f" after {status.ready_after_s} s" if status.ready_after_s is not None else ""
    return f"{status.name}: {status.state}{after}"


def _wait_for_the_end(supervisor: Supervisor, console: Console) -> None:
    stop = threading.Event()
    for which in (signal.SIGINT, signal.SIGTERM):
        signal.signal(which, lambda *_: stop.set())
    supervisor.run_in_background()
    for status in supervisor.status():
        if status.pid is not None:
            console.print(f"{status.name}: {usage(status.pid).pss_mb:.0f} MB")
    stop.wait()
    supervisor.stop()


if __name__ == "__main__":
    sys.exit(main())
