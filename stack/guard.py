"""The last one out: kills the process groups of a supervisor that died without stopping them.

It reads lines "+group", "~group" and "-group" from its input. The end of the input means that the supervisor is gone, by
whatever death; then every group still on the list is killed, grandchildren included. Groups that came with "~" (the
watchdog, which has to say so) get a minute to end by themselves. Standard library only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

LINGER_S = 75.0
LOOK_S = 0.2


def groups_left(lines: Iterable[str], *, lingering: set[int] | None = None) -> set[int]:
    """The groups that were added and never taken off when the lines ended; those that may linger go to *lingering* instead."""
    groups: set[int] = set()
    late = groups if lingering is None else lingering
    for line in lines:
        change, group = line[:1], int(line[1:])
        if change == "-":
            groups.discard(group)
            late.discard(group)
        else:
            (late if change == "~" else groups).add(group)
    return groups


def is_there(group: int) -> bool:
    """Whether a group has a process."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def main() -> None:
    """Wait for the end of the input, then kill what is left."""
    for deaf in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(deaf, signal.SIG_IGN)
    late: set[int] = set()
    for group in groups_left(sys.stdin, lingering=late):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    until_s = time.monotonic() + LINGER_S
    while time.monotonic() < until_s and any(map(is_there, late)):
        time.sleep(LOOK_S)
    for group in late:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
