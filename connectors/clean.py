"""Makes a text safe to put into a message: names, plates and labels come from plans, devices and people. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final

# Categories that print nothing and can change how others print: controls, formats (bidi marks among them), surrogates, private, unassigned.
_UNSEEN: Final = ("Cc", "Cf", "Cs", "Co", "Cn")
_BREAKS: Final = "\n\r\t\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029"
_SPACES: Final = str.maketrans(dict.fromkeys(_BREAKS, " "))
_ANGLES: Final = str.maketrans({"<": "＜", ">": "＞"})


def clean(text: str, *, most: int) -> str:
    """*text* in NFC on one line, without control, direction and other unseen characters, of at most *most* characters."""
    seen = "".join(mark for mark in text.translate(_SPACES) if unicodedata.category(mark) not in _UNSEEN)
    line = " ".join(unicodedata.normalize("NFC", seen).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def plain(text: str, *, most: int) -> str:
    """As `clean`, and with full-width angle brackets: chat services take `<at …>` and `<!here>` in a text for a call to everyone."""
    return clean(text, most=most).translate(_ANGLES)
