"""The work axis: what people may do with an alert, and what that makes of it. Pure.

The machine is the definition. One instance of it takes some 300 µs to make and as long again for an event, and ALERTS makes a
thousand changes a second on one core: so it is read once into a table, and a test drives the machine itself against the table.
"""

from __future__ import annotations

from typing import Final

from statemachine import State, StateMachine


class Work(StateMachine):
    """Work of people on one alert; an event that leads back to its state changes something else of the alert."""

    new = State(initial=True)
    in_progress = State()
    on_hold = State()
    closed = State()

    acknowledge = new.to(in_progress)
    hold = in_progress.to(on_hold)
    resume = on_hold.to(in_progress)
    assign = new.to(new) | in_progress.to(in_progress) | on_hold.to(on_hold)
    verify = new.to(new) | in_progress.to(in_progress) | on_hold.to(on_hold)
    shelve = new.to(new) | in_progress.to(in_progress) | on_hold.to(on_hold)
    unshelve = new.to(new) | in_progress.to(in_progress) | on_hold.to(on_hold)
    downgrade = new.to(new) | in_progress.to(in_progress) | on_hold.to(on_hold)
    escalate = new.to(new) | in_progress.to(in_progress) | on_hold.to(on_hold) | closed.to(new)
    clear = new.to(closed) | in_progress.to(closed) | on_hold.to(closed)
    close = new.to(closed) | in_progress.to(closed) | on_hold.to(closed)
    reopen = closed.to(new)


def _table() -> dict[tuple[str, str], str]:
    return {(state.id, event): way.target.id for state in Work.states for way in state.transitions for event in way.event.split()}


TABLE: Final = _table()


def after(work: str, event: str) -> str | None:
    """The state that *event* leads to from *work*; None when it does not go."""
    return TABLE.get((work, event))
