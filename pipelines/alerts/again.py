"""Commands in the place they had: after a crash, what was answered before is taken between the same steps again. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from pipelines.events import AlertAnswer, AlertCommand

NEVER_US = 2**63 - 1


class Again:
    """The commands that wait, in their order.

    A command that was answered before the crash waits for the step and for the life-safety reading that came before it then, and
    the next step waits for it. Life safety waits for no step: where a reading and such a command are about one alert, the command
    is taken `before` it. Any other waits for nothing, unless it is about an alert that is not known yet: shortly after a start that
    may be one that was told of before the crash and is about to come again.

    Args:
        answers: those that are known.
        since: offset of the first command that is not yet in the saved state.
    """

    def __init__(self, answers: Iterable[AlertAnswer], *, since: int) -> None:
        """Nothing has come yet."""
        self._places = {row.command_offset: (row.step_us, row.p1_offset) for row in answers if row.command_offset >= since}
        self._answered = dict(self._places)
        self._unread = set(self._places)
        self._waiting: deque[tuple[int, AlertCommand | None]] = deque()
        self._starting = True
        self.offset = since

    @property
    def reading(self) -> bool:
        """Whether a command that was answered has not been read again yet."""
        return bool(self._unread)

    def put(self, offset: int, command: AlertCommand) -> None:
        """Take a command in."""
        self._unread.discard(offset)
        self._waiting.append((offset, command))

    def skip(self, offset: int) -> None:
        """A record that is no command stood there."""
        self._unread.discard(offset)
        if not self._waiting:
            self.offset = offset + 1

    def due(self, *, step_us: int, p1_offset: int, known: Callable[[str], bool] = lambda _: True) -> Iterator[tuple[int, AlertCommand]]:
        """The commands whose turn it is after the step *step_us* and the life-safety readings before *p1_offset*.

        *known* says of an alert's id whether there is such an alert, now.
        """
        while self._waiting:
            offset, command = self._waiting[0]
            after_us, after_p1 = self._places.get(offset, (-1, 0))
            if step_us < after_us or p1_offset < after_p1:
                return
            if command is not None and self._starting and offset not in self._answered and not known(command.alert_id):
                return
            self._waiting.popleft()
            self._places.pop(offset, None)
            self.offset = offset + 1
            if command is not None:
                yield offset, command

    def before(self, p1_offset: int, about: Callable[[str], bool]) -> Iterator[tuple[int, AlertCommand]]:
        """Commands that had been answered before the life-safety reading at *p1_offset*, and are *about* its alert, by alert id."""
        for number, (offset, command) in enumerate(list(self._waiting)):
            place = self._places.get(offset)
            if command is not None and place is not None and place[1] <= p1_offset and about(command.alert_id):
                self._waiting[number] = (offset, None)
                del self._places[offset]
                yield offset, command

    def place(self, offset: int) -> tuple[int, int] | None:
        """The step and the life-safety offset that the answer of before the crash names; None when there was none."""
        return self._answered.get(offset)

    def until_us(self) -> int:
        """The last step that may be taken before a command that has its place there."""
        return min((step_us for step_us, _ in self._places.values()), default=NEVER_US)

    def forget(self) -> None:
        """Wait for nothing any more: alerts are worth more than the order of what people did."""
        self._starting = False
        self._places.clear()
        self._unread.clear()
        self._answered.clear()
