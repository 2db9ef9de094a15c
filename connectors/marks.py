"""What every channel looks at by itself before a message leaves: whose mode it may carry, and the mark of an exercise. Pure."""

from __future__ import annotations

from typing import Final, Literal

from pipelines.errors import ConfigError, RefusedError
from pipelines.messages import Message
from pipelines.topics import is_drill

EXERCISE: Final = "EXERCISE 演练"
TEST: Final = "TEST 测试"
TEST_MODE: Final = "drill-channel-test"  # of `muster channels test`; a drill to every check, shown as a test
Standing = Literal["actual", "exercise", "test"]


def standing(mode: str) -> Standing:
    """What *mode* is to the outside.

    Raises:
        RefusedError: it is no mode at all.
    """
    try:
        drill = is_drill(mode)
    except ConfigError as error:
        raise RefusedError(str(error)) from error
    if not drill:
        return "actual"
    return "test" if mode == TEST_MODE else "exercise"


def mark(mode: str) -> str:
    """What stands before every text of *mode*; nothing before a live one."""
    return {"actual": "", "exercise": EXERCISE, "test": TEST}[standing(mode)]


def marked(text: str, mode: str) -> str:
    """*text* with the mark of *mode*, once."""
    sign = mark(mode)
    return text if not sign or text.startswith(sign) else f"{sign} – {text}"


def check(message: Message, *, name: str, takes_live: bool, takes_drills: bool) -> None:
    """Refuse what the channel *name* may not carry, whatever its caller has checked before.

    Raises:
        RefusedError: the message's mode, or that of the alert or order in it, is not for this channel.
    """
    try:
        real = standing(message.mode) == "actual"
    except RefusedError as error:
        raise RefusedError(f"channel '{name}': {error}") from None
    for part in (message.change, message.order):
        if part is not None and part.mode != message.mode:
            raise RefusedError(f"channel '{name}': a message of mode '{message.mode}' holds something of mode '{part.mode}'")
    if real and not takes_live:
        raise RefusedError(f"channel '{name}' takes drills only, and mode '{message.mode}' is real")
    if not real and not takes_drills:
        raise RefusedError(f"channel '{name}' takes what is real only, and mode '{message.mode}' is an exercise")
