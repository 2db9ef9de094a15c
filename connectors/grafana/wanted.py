"""What a push is asked for: boards, playlist, contacts and drills, read from files and checked before anything is dialled."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from connectors.clean import clean
from connectors.grafana.client import checked_uid
from connectors.secret_file import read_secret
from pipelines.errors import ConfigError

LANGUAGES: Final = ("en", "zh")
Language = Literal["en", "zh"]
_MOST_BYTES: Final = 4 * 1024 * 1024
_DURATION: Final = re.compile(r"[1-9]\d{0,4}[smh]")
Wanted = TypeVar("Wanted", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One committed board.

    Args:
        file: its name, for sentences.
        model: as Grafana takes it, without id and version.
    """

    file: str
    uid: str
    title: str
    language: Language
    model: Mapping[str, Any]


def _safe(text: str) -> str:
    if not text.strip() or text != clean(text, most=200):
        raise ValueError("expected one line of at most 200 characters, without control characters")
    return text


def _duration(text: str) -> str:
    if not _DURATION.fullmatch(text):
        raise ValueError(f"expected a time like 30s or 5m, got '{clean(text, most=20)}'")
    return text


Name = Annotated[str, AfterValidator(_safe)]
Duration = Annotated[str, AfterValidator(_duration)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _screen_names() -> Mapping[Language, Name]:
    return {"en": "Muster big screen", "zh": "Muster 大屏"}


class Playlist(_Part):
    """Boards that follow one another on the big screen: one playlist a language.

    Args:
        name: what the playlist is called, by language.
        interval: how long each board stays.
        boards: their files' names without `.json`, the same in each language.
    """

    name: Mapping[Language, Name] = Field(default_factory=_screen_names)
    interval: Duration = "30s"
    boards: Annotated[Sequence[Name], Field(min_length=1)]


class ContactPoint(_Part):
    """Whom Grafana tells of the platform's faults.

    Args:
        type: as Grafana calls it: webhook, email, …
        settings: of that type, what is no secret.
        secrets: settings that come from files (mode 600), by their paths relative to this file.
    """

    name: Name
    type: Annotated[str, Field(pattern=r"^[a-zA-Z0-9-]{1,40}$")]
    settings: Mapping[str, Any] = Field(default_factory=dict)
    secrets: Mapping[str, Path] = Field(default_factory=dict)


class Policy(_Part):
    """How often it tells."""

    group_by: Sequence[Name] = ("alertname",)
    group_wait: Duration = "10s"
    group_interval: Duration = "1m"
    repeat_interval: Duration = "1h"


class Contacts(_Part):
    """The file that `--contacts` names."""

    contact_point: ContactPoint
    policy: Policy = Policy()


class Drill(_Part):
    """One drill, as a mark on the boards' time axis.

    Args:
        id: as in its mode, `drill-<id>`.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
    title: Name
    begin: datetime
    end: datetime

    @model_validator(mode="after")
    def _in_order(self) -> Drill:
        if self.begin.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("begin and end: expected times with an offset, like 2026-05-01T19:30:00+08:00")
        if self.end <= self.begin:
            raise ValueError("end: expected a time after begin")
        return self

    @property
    def times_ms(self) -> tuple[int, int]:
        """Begin and end, ms UTC."""
        return round(self.begin.timestamp() * 1000), round(self.end.timestamp() * 1000)


class Drills(_Part):
    """The file that `--drills` names."""

    drills: Sequence[Drill]


def read_boards(folder: Path, language: Language) -> list[Board]:
    """The boards of *folder*/<language>, by file name; none where there is no such folder.

    Raises:
        ConfigError: a file is no board, or two have one uid.
    """
    found: list[Board] = []
    for path in sorted((folder / language).glob("*.json")):
        board = _board(path, language)
        twin = next((other.file for other in found if other.uid == board.uid), None)
        if twin is not None:
            raise ConfigError(f"{language}/{path.name}: has the uid of {twin}")
        found.append(board)
    return found


def read_playlist(path: Path) -> Playlist | None:
    """The playlist of *path*; None where there is none."""
    return _read(path, Playlist) if path.exists() else None


def read_contacts(path: Path) -> Contacts:
    """The contacts file *path*, with each secret's file tried.

    Raises:
        ConfigError: with a sentence that says what is wrong, and never a secret.
    """
    contacts = _read(path, Contacts)
    doubled = set(contacts.contact_point.settings) & set(contacts.contact_point.secrets)
    if doubled:
        raise ConfigError(f"{path.name}: contact_point: {', '.join(sorted(doubled))}: stands in settings and in secrets")
    secrets_of(contacts, path)
    return contacts


def secrets_of(contacts: Contacts, path: Path) -> dict[str, str]:
    """The secret settings of the contact point, read from their files."""
    return {key: read_secret(path.parent / file) for key, file in contacts.contact_point.secrets.items()}


def read_drills(path: Path) -> Sequence[Drill]:
    """The drills of the file *path*."""
    return _read(path, Drills).drills


def _board(path: Path, language: Language) -> Board:
    name = f"{language}/{path.name}"
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ConfigError(f"{name}: has more than {_MOST_BYTES // 1024**2} MiB")
        model = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{name}: is no JSON: {clean(str(error), most=120)}") from None
    if not isinstance(model, dict) or not isinstance(model.get("title"), str) or not model["title"].strip():
        raise ConfigError(f"{name}: expected a board with a title")
    uid = checked_uid(model.get("uid"), name)
    kept = {key: value for key, value in model.items() if key not in ("id", "version")}
    return Board(file=name, uid=uid, title=clean(model["title"], most=120), language=language, model=kept)


def _read(path: Path, kind: type[Wanted]) -> Wanted:
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: is no YAML: {clean(str(error), most=160)}") from None
    try:
        return kind.model_validate(loaded)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ConfigError(f"{path.name}: {where}: {first['msg']}") from None
