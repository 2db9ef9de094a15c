"""`muster topics tail`: a topic's records, decoded."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

from cli.console import UNREACHABLE, USAGE, fail
from cli.paths import HOME
from cli.running import ended_by_signal
from cli.status import running_modes
from connectors.kafka import Rejected, Row, Tail
from pipelines.codec import to_plain
from pipelines.errors import MusterError
from pipelines.topics import split
from pipelines.topics import topic as topic_named
from stack.addresses import read_addresses


def tail(topic: str, *, mode: str | None, limit: int | None, ticks: bool, begin: bool) -> None:
    """Print records until Ctrl-C, or *limit* of them."""
    stop = ended_by_signal()
    stop.interrupts = False
    try:
        if topic.endswith(".v1"):
            mode, kind = split(topic)
        else:
            kind = topic_named(topic)
        reader = Tail(read_addresses(HOME).kafka, mode=mode or only_mode(), things=(kind.thing,), start="begin" if begin else "end")
    except MusterError as error:
        fail(error, USAGE)
    left = limit
    try:
        reader.ends()  # says at once when nobody answers
        while not stop.is_set() and (left is None or left > 0):
            for row in reader.poll(0.3):
                if not ticks and (getattr(row.record, "tick", False) or getattr(row.record, "progress", False)):
                    continue
                sys.stdout.write(json.dumps(_plain(row), ensure_ascii=False) + "\n")
                sys.stdout.flush()
                left = None if left is None else left - 1
                if left == 0:
                    break
    except MusterError as error:
        fail(error, UNREACHABLE)
    finally:
        reader.close()


def only_mode() -> str:
    """The mode that runs; ends the command where there is none, or more than one."""
    modes = running_modes()
    if len(modes) != 1:
        fail(f"say which mode with --mode: {', '.join(modes) or 'none runs'}", USAGE if modes else UNREACHABLE)
    return modes[0]


def _plain(row: Row) -> dict[str, Any]:
    place = {"partition": row.partition, "offset": row.offset}
    if isinstance(row.record, Rejected):
        return {**place, "rejected": row.record.reason, "raw_base64": base64.b64encode(row.record.raw[:2000]).decode()}
    return {**place, **_readable(to_plain(row.record))}


def _readable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
