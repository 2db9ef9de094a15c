"""All boards in both languages, and their page, as the files that are committed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dashboards.board import Board
from dashboards.boards import alerts, crowd, fire, flow, identity, platform, vehicles
from dashboards.page import page
from dashboards.words import LANGS, Say

HERE: Final = Path(__file__).resolve().parent
PAGE: Final = HERE.parent / "docs" / "dashboards.md"
BOARDS: Final = (crowd.board, flow.board, alerts.board, platform.board, vehicles.board, fire.board, identity.board)


def boards(say: Say) -> list[Board]:
    """The boards in one language, in the order in which they are shown."""
    return [make(say) for make in BOARDS]


def files() -> dict[Path, str]:
    """Path → content of everything that is generated."""
    made = {HERE / say.lang / f"{board.key}.json": board.json(say) for say in map(Say, LANGS) for board in boards(say)}
    return made | {PAGE: page([board.key for board in boards(Say("en"))])}


def stale() -> list[Path]:
    """Files that are not as the code makes them; boards that are gone from the code too."""
    made = files()
    gone = [path for lang in LANGS for path in (HERE / lang).glob("*") if path not in made]
    return sorted([path for path, text in made.items() if not path.is_file() or path.read_text(encoding="utf-8") != text] + gone)


def write() -> None:
    """Make every file as the code makes it, and remove boards that are gone."""
    made = files()
    for path in stale():
        if path in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[path], encoding="utf-8")
        else:
            path.unlink()


def name(path: Path) -> str:
    """*path* within the project."""
    return path.relative_to(HERE.parent).as_posix()
