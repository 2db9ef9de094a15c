"""A group of cameras in one process: each has its own work, its own end and its own waits, and none can end another's."""

from __future__ import annotations

import random
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pipelines.detect.waits import wait_s
from pipelines.errors import ConfigError, MusterError
from pipelines.events import CameraHealth
from plan.model import Plan

_UNKNOWN: Final = -1
_REPORT_S: Final = 1.0
_LASTED_US: Final = 60_000_000  # work that lasted so long was no failure at the start: waits begin anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A camera of the group.

    Args:
        camera: its id.
        source: file or address.
        fps: of the plan.
        calibrated: whether it owns floor.
    """

    camera: str
    source: str
    fps: float
    calibrated: bool

    @property
    def is_live(self) -> bool:
        """Whether it is a camera and no file."""
        return "://" in self.source and not self.source.startswith("file:")


class Work(Protocol):
    """One camera's worker at work."""

    @property
    def seen(self) -> threading.Event:
        """Set once a frame was looked at."""
        ...

    def work(self, stop: threading.Event) -> bool:
        """Work until told to stop; whether it ended well."""
        ...


def members_of(cameras: str, plan: Plan) -> tuple[Member, ...]:
    """The cameras named in *cameras*, ids with commas.

    Raises:
        ConfigError: none, one twice, one that the plan has not, or one without a source.
    """
    names = [name.strip() for name in cameras.split(",") if name.strip()]
    if not names or len(set(names)) != len(names):
        raise ConfigError(f"cameras '{cameras}': expected ids with commas, each once")
    rows = {row.id: row for row in plan.cameras}
    for name in names:
        if name not in rows:
            raise ConfigError(f"camera '{name}': the plan has no such camera")
        if not rows[name].source:
            raise ConfigError(f"camera '{name}': the plan gives it no source, which a group needs")
    return tuple(
        Member(
            camera=name,
            source=rows[name].source,
            fps=rows[name].fps,
            calibrated=rows[name].calibration is not None and rows[name].sees_floor,
        )
        for name in names
    )


class Group:
    """Keeps the work of several cameras up."""

    def __init__(
        self,
        members: Sequence[Member],
        begin: Callable[[Member, threading.Event], Work],
        report: Callable[[CameraHealth], object],
        *,
        clock: Callable[[], int],
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Nothing is opened yet.

        Args:
            members: the cameras.
            begin: opens a camera and returns its work, or raises; the event is that camera's own end.
            report: sends the health of a camera that cannot be opened.
            clock: µs UTC.
            chance: 0..1, spreads the waits.
        """
        self._members, self._begin, self._report = tuple(members), begin, report
        self._clock, self._chance = clock, chance
        self.seen = threading.Event()  # a first frame was looked at, or a first camera that cannot be opened was told of

    def work(self, stop: threading.Event) -> None:
        """Work on all cameras until told to stop."""
        minds = [threading.Thread(target=self._mind, args=(member, stop), daemon=True) for member in self._members]
        for mind in minds:
            mind.start()
        stop.wait()
        for mind in minds:
            mind.join(10)

    def _mind(self, member: Member, stop: threading.Event) -> None:
        tries, since_us = 0, self._clock()
        while not stop.is_set():
            begun_us = self._clock()
            self._once(member, stop)
            if self._clock() - begun_us > _LASTED_US:
                tries, since_us = 0, self._clock()
            tries += 1
            self._away(member, stop, wait_s(tries, chance=self._chance()), since_us)

    def _once(self, member: Member, stop: threading.Event) -> None:
        """One life of a camera's work; whatever ends it, it is said, and nothing else ends."""
        ended, over = threading.Event(), threading.Event()
        threading.Thread(target=_pass_on, args=(stop, ended, over), daemon=True).start()
        try:
            work = self._begin(member, ended)
            threading.Thread(target=self._first, args=(work, over), daemon=True).start()
            if not work.work(ended) and not stop.is_set():
                print(f"detect {member.camera}: its work ended with an error and begins again", file=sys.stderr, flush=True)
        except MusterError as error:
            print(f"detect {member.camera}: {error}", file=sys.stderr, flush=True)
        except Exception:  # noqa: BLE001 - an error of one camera's work must not end the others'
            print(f"detect {member.camera}: {traceback.format_exc()}", file=sys.stderr, flush=True)
        finally:
            ended.set()  # also what a live camera's reader waits for
            over.set()

    def _first(self, work: Work, over: threading.Event) -> None:
        while not over.is_set():
            if work.seen.wait(0.2):
                self.seen.set()
                return

    def _away(self, member: Member, stop: threading.Event, seconds: float, since_us: int) -> None:
        """Say once a second that the camera is stale, until it is dialled again."""
        while seconds > 0 and not stop.is_set():
            now = self._clock()
            try:
                self._report(
                    CameraHealth(
                        camera=member.camera,
                        event_time_us=now,
                        received_us=now,
                        state="stale",
                        since_us=since_us,
                        fps=0.0,
                        width_px=0,
                        height_px=0,
                        calibrated=member.calibrated,
                        people=_UNKNOWN,
                    )
                )
            except MusterError as error:
                print(f"detect {member.camera}: {error}", file=sys.stderr, flush=True)
            self.seen.set()
            stop.wait(min(seconds, _REPORT_S))
            seconds -= _REPORT_S


def _pass_on(stop: threading.Event, ended: threading.Event, over: threading.Event) -> None:
    while not over.is_set():
        if stop.wait(0.2):
            ended.set()
            return
