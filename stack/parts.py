"""What the supervisor is told about a part, and what it tells about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipelines.errors import ConfigError

PartState = Literal["waiting", "starting", "ready", "restarting", "failed", "stopped", "done"]
UP: frozenset[PartState] = frozenset({"ready", "done"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One program of the machine.

    Attributes:
        name: also the name of its log.
        command: program and arguments.
        ready: whether it works now; cheap, asked every 100 ms in a thread of its own; an exception means no.
        env: added to the environment.
        after: names of parts that must be ready first.
        ready_timeout_s: seconds until a start counts as failed.
        one_shot: it must end with 0, and is ready when it has; *ready* is not asked.
        outlives: it may live on for a minute when the supervisor dies; it must then end by itself.
        alive: whether it still gives signs of life, asked once a second while it is ready; None = a process that runs is alive.
        before_start: called before each start: takes away what the process before it has left, such as its word that it is ready.
        keeps_trying: a start that fails is tried again, ever more slowly, like a part that had been ready.
        awaited: whether the start of all waits until it is ready, and fails with it; a part that is not awaited, such as a camera
            that may be unplugged, has its first try, and is then tried again while all others work.
        on_death: told why a part that was ready is started again, in a thread of its own.
    """

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool]
    env: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    ready_timeout_s: float = 60.0
    one_shot: bool = False
    outlives: bool = False
    alive: Callable[[], bool] | None = None
    before_start: Callable[[], None] | None = None
    keeps_trying: bool = False
    awaited: bool = True
    on_death: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartStatus:
    """How a part fares.

    Attributes:
        since_s: when it entered this state, seconds since 1970.
        ready_after_s: how long its latest start took until it was ready; None when it was not.
    """

    name: str
    state: PartState
    pid: int | None
    restarts: int
    since_s: float
    ready_after_s: float | None


def check_order(parts: Sequence[Part], known: frozenset[str] = frozenset()) -> None:
    """Refuse a name that is there twice, and an ``after`` that names nobody or leads back to itself.

    Raises:
        ConfigError: naming the part.
    """
    names = [part.name for part in parts]
    for name in names:
        if names.count(name) > 1 or name in known:
            msg = f"two parts are called {name}"
            raise ConfigError(msg)
    placed, left = set(known), list(parts)
    while left:
        next_ones = [part for part in left if placed.issuperset(part.after)]
        if not next_ones:
            msg = f"{left[0].name} can never start: it waits for {', '.join(left[0].after)}"
            raise ConfigError(msg)
        placed.update(part.name for part in next_ones)
        left = [part for part in left if part.name not in placed]
