"""Reads a running mode from outside: its results into the report's book, and its page's first picture."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http import HTTPStatus

from cli.report import THINGS, Book
from connectors.kafka import Rejected, Tail
from pipelines.errors import MusterError
from pipelines.topics import RAW
from stack.loopback import ask
from stack.parts import PartStatus
from stack.usage import usage


class Reader:
    """Follows the mode's topics into a book, in a thread of its own."""

    def __init__(self, kafka: str, mode: str, book: Book) -> None:
        """Begin at the beginning of the mode's topics."""
        self._tail = Tail(kafka, mode=mode, things=THINGS)
        self._kafka, self._mode, self.book = kafka, mode, book
        self._stop = threading.Event()
        self.first_alert_s: float | None = None
        self._thread = threading.Thread(target=self._run, name="report", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                rows = self._tail.poll(0.2)
            except MusterError:
                self._stop.wait(0.5)
                continue
            for row in rows:
                if not isinstance(row.record, Rejected):
                    self.book.take(row.record, appended_us=row.appended_us)
            if self.first_alert_s is None and any(
                change.card for found in list(self.book.changes.values()) for change in list(found.values())
            ):
                self.first_alert_s = time.monotonic()

    def taken_in(self) -> int:
        """Records in the raw topics, by the broker's own count."""
        tail = Tail(self._kafka, mode=self._mode, things=[topic.thing for topic in RAW])
        try:
            begins = tail.begins()
            return sum(end - begins[place] for place, end in tail.ends().items())
        finally:
            tail.close()

    def close(self) -> None:
        """Stop reading."""
        self._stop.set()
        self._thread.join()
        self._tail.close()


def when_first_picture(page_url: str, mode: str, stop: threading.Event, done: Callable[[float], None]) -> threading.Thread:
    """Calls *done* with the moment (monotonic s) when the page holds the mode's first picture of people."""

    def look() -> None:
        while not stop.wait(0.1):
            try:
                answer = ask(f"{page_url}/api/picture?mode={mode}")
                if answer.status == HTTPStatus.OK and answer.json().get("cells"):
                    done(time.monotonic())
                    return
            except (OSError, ValueError):
                continue

    thread = threading.Thread(target=look, name="first-picture", daemon=True)
    thread.start()
    return thread


def parts_usage(statuses: list[PartStatus]) -> dict[str, dict[str, float]]:
    """Memory (PSS) and processor time of each part that runs."""
    found = {}
    for status in statuses:
        if status.pid is not None:
            used = usage(status.pid)
            found[status.name] = {"pss_mb": round(used.pss_mb, 1), "cpu_s": round(used.cpu_s, 1)}
    return found
