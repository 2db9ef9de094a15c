"""A push: step after step, each on its own, so that one that fails takes nothing else with it and the next push goes on from there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from connectors.grafana import alerting, boards, places, screens
from connectors.grafana.client import BusyError, Grafana
from connectors.grafana.outcome import Did, Outcome
from connectors.grafana.wanted import Board, Contacts, Drill, Language, Playlist
from pipelines.errors import MusterError, TransientError

Step = Callable[[], Iterable[Outcome]]
_ODD: Final = (KeyError, TypeError, AttributeError, ValueError, RecursionError)  # what an answer of another shape makes of our reading
_TRIES: Final = 4
_SILENT: Final = 2  # so many times without an answer, one after the other, and Grafana counts as gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """All that a push is asked for.

    Args:
        boards: by language; a language without boards gets its folder all the same.
        contacts: the file's content and the file, whose folder its secrets' paths are relative to.
    """

    boards: Mapping[Language, Sequence[Board]]
    source: places.Source | None = None
    contacts: tuple[Contacts, Path] | None = None
    drills: Sequence[Drill] = ()
    playlist: Playlist | None = None


@dataclass(slots=True, kw_only=True)
class Push:
    """One push to one Grafana.

    Args:
        dry_run: nothing is written; what would be is said.
        force: boards that were edited by hand are overwritten.
        renew_secrets: passwords are sent again, which cannot be compared.
        sleep: how it waits when Grafana asks for it.
    """

    grafana: Grafana
    wanted: Wanted
    dry_run: bool = False
    force: bool = False
    renew_secrets: bool = False
    sleep: Callable[[float], None] = time.sleep
    _folders: places.Folders = field(init=False)
    _silent: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """No folder is known yet."""
        self._folders = places.Folders(self.grafana, dry_run=self.dry_run)

    def run(self) -> Iterator[Outcome]:
        """What became of each thing, as it happens."""
        for step, thing, act in self._steps():
            if self._silent >= _SILENT:
                sentence = "was not tried: Grafana has given no answer twice; push again when it does"
                yield Outcome(step=step, thing=thing, did=Did.FAILED, sentence=sentence)
                continue
            yield from self._attempt(step, thing, act)

    def _steps(self) -> Iterator[tuple[str, str, Step]]:
        """Each step's name, what it is about, and what does it: folders first, since the rest stands in them."""
        asked = self.wanted
        for folder in self._wanted_folders():
            yield "folders", folder[1], partial(self._folder, folder)
        yield "source", places.SOURCE_NAME, self._source
        for language, found in asked.boards.items():
            for board in found:
                yield "boards", board.file, partial(self._board, board, language)
        yield "rules", "all", self._rules
        if asked.contacts is not None:
            yield "contacts", asked.contacts[0].contact_point.name, partial(self._contacts, *asked.contacts)
        yield "rights", "teams", self._rights
        for drill in asked.drills:
            yield "drills", drill.id, partial(self._drill, drill)
        if asked.playlist is not None:
            for language in asked.boards:
                yield "playlist", language, partial(self._playlist, asked.playlist, language)

    def _attempt(self, step: str, thing: str, act: Step) -> Iterator[Outcome]:
        """Do it, again where Grafana asks to be called less often; a step's outcomes are said once, those of the last try."""
        for number in range(1, _TRIES + 1):
            done: list[Outcome] = []
            try:
                for outcome in act():
                    done.append(outcome)  # noqa: PERF402 - what was done before a failure is said too
            except BusyError as error:
                if number < _TRIES:
                    self.sleep(error.retry_after_s * number)
                    continue
                done.append(Outcome(step=step, thing=thing, did=Did.FAILED, sentence=f"{error}, after {_TRIES} tries"))
            except TransientError as error:
                self._silent += 1
                done.append(Outcome(step=step, thing=thing, did=Did.FAILED, sentence=str(error)))
            except MusterError as error:
                self._silent = 0
                done.append(Outcome(step=step, thing=thing, did=Did.FAILED, sentence=str(error)))
            except _ODD as error:
                sentence = f"Grafana's answer is not as documented ({type(error).__name__}): another version, or something in between?"
                done.append(Outcome(step=step, thing=thing, did=Did.FAILED, sentence=sentence))
            else:
                self._silent = 0
            yield from done
            return

    def _folder(self, folder: tuple[str, str]) -> Iterable[Outcome]:
        yield self._folders.ensure(folder)

    def _source(self) -> Iterable[Outcome]:
        return places.ensure_source(self.grafana, self.wanted.source, dry_run=self.dry_run, renew_secrets=self.renew_secrets)

    def _board(self, board: Board, language: Language) -> Iterable[Outcome]:
        folder_uid = self._uid(places.FOLDERS[language])
        yield boards.ensure_board(self.grafana, board, folder_uid=folder_uid, dry_run=self.dry_run, force=self.force)

    def _rules(self) -> Iterable[Outcome]:
        return alerting.ensure_rules(self.grafana, folder_uid=self._uid(places.PLATFORM), dry_run=self.dry_run)

    def _contacts(self, contacts: Contacts, file: Path) -> Iterable[Outcome]:
        return alerting.ensure_contacts(self.grafana, contacts, file, dry_run=self.dry_run, renew_secrets=self.renew_secrets)

    def _rights(self) -> Iterable[Outcome]:
        return places.ensure_rights(self.grafana, self._made_folders(), dry_run=self.dry_run)

    def _drill(self, drill: Drill) -> Iterable[Outcome]:
        yield screens.ensure_drill(self.grafana, drill, dry_run=self.dry_run)

    def _playlist(self, playlist: Playlist, language: Language) -> Iterable[Outcome]:
        yield screens.ensure_playlist(self.grafana, playlist, self.wanted.boards[language], language, dry_run=self.dry_run)

    def _wanted_folders(self) -> list[tuple[str, str]]:
        return [*(places.FOLDERS[language] for language in self.wanted.boards), places.PLATFORM]

    def _uid(self, folder: tuple[str, str]) -> str:
        """The folder's uid in this Grafana.

        Raises:
            MusterError: its step has failed.
        """
        uid, title = folder
        if uid not in self._folders.uids:
            raise MusterError(f"its folder '{title}' is not there")
        return self._folders.uids[uid]

    def _made_folders(self) -> dict[str, str]:
        titles = dict(self._wanted_folders())
        return {uid: titles[wanted] for wanted, uid in self._folders.uids.items() if wanted in titles}
