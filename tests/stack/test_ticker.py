"""The ticker holds its breath while the broker is down, and some time longer."""

from __future__ import annotations

from stack.ticker import Breath

S = 1_000_000
TURN = S // 20


def turns(breath: Breath, first: int, last: int, waiting: int) -> list[str]:
    return [breath.turn(number * TURN, waiting=waiting) for number in range(first, last)]


def test_while_ticks_arrive_it_ticks_and_a_short_wait_changes_nothing() -> None:
    breath = Breath()
    assert set(turns(breath, 0, 20, 0) + turns(breath, 20, 29, 7) + turns(breath, 29, 40, 0)) == {"tick"}


def test_when_nothing_arrives_it_holds_once_and_begins_again_two_seconds_after_the_broker_does() -> None:
    breath = Breath()
    turns(breath, 0, 1, 0)
    down = turns(breath, 1, 200, 4)
    assert down[:9] == ["tick"] * 9
    assert down[9] == "hold"
    assert set(down[10:]) == {"wait"}
    up = turns(breath, 200, 260, 0)
    assert up.index("tick") == 2 * S // TURN
    assert set(up[40:]) == {"tick"}


def test_a_broker_that_was_never_there_is_waited_for_without_ticks_that_pile_up() -> None:
    found = turns(Breath(), 0, 100, 3)
    assert found.count("tick") == S // 2 // TURN
    assert found.count("hold") == 1
