"""The fire panel over Modbus TCP: `PanelLine` only reads; `RequestLine` asks the panel, and takes nothing that is not live.

Modbus has no log-in of its own. A request carries a passcode that the panel compares, and goes by a unit of its own; the
line between must be a network of its own. Nothing here can silence a panel: there is no other frame than a request.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException

from connectors.secret_file import read_private
from pipelines.errors import ConfigError, RefusedError, TransientError

LIVE: Final = "live"
_WORD: Final = 0xFFFF
_CREDENTIAL_KEYS: Final = frozenset({"mode", "site", "panel", "passcode"})
Table = Literal["coil", "discrete", "holding", "input"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a request is let in with; for one mode, one site and one panel."""

    mode: str
    site: str
    panel: str
    passcode: int = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One request to the panel: for which mode, which piece of equipment, its registers, its code, and how often it was sent."""

    mode: str
    equipment: str
    address: int
    echo: int
    code: int
    beat: int


def read_credentials(path: Path) -> Credentials:
    """The credentials in *path*: a plain file that its owner alone can read.

    Raises:
        ConfigError: it is not there, others can read it, or it does not hold what it must. The sentence holds no secret.
    """
    try:
        loaded = json.loads(read_private(path, what="the panel's credentials", follow=False))
    except ValueError:
        raise ConfigError(f"the panel's credentials {path.name}: not JSON") from None
    if not isinstance(loaded, dict) or loaded.keys() != _CREDENTIAL_KEYS:
        raise ConfigError(f"the panel's credentials {path.name}: expected the keys {', '.join(sorted(_CREDENTIAL_KEYS))}")
    passcode = loaded["passcode"]
    if not isinstance(passcode, int) or isinstance(passcode, bool) or not 0 < passcode <= 0xFFFF_FFFF:
        raise ConfigError(f"the panel's credentials {path.name}: passcode: expected a whole number from 1 to 4294967295")
    return Credentials(mode=str(loaded["mode"]), site=str(loaded["site"]), panel=str(loaded["panel"]), passcode=passcode)


class _Line:
    """One connection to one unit; every question has a time limit, and a failure ends the connection."""

    def __init__(self, *, host: str, port: int, unit: int, timeout_s: float) -> None:
        """Nothing is dialled yet."""
        self._unit = unit
        self._name = f"the panel at {host}:{port}, unit {unit}"
        self._client = ModbusTcpClient(host, port=port, timeout=timeout_s, retries=0, reconnect_delay=0)
        self._limit_s = 2 * timeout_s  # dialling and asking

    def start(self) -> None:
        """Dial.

        Raises:
            TransientError: it cannot be reached now.
        """
        if not self._client.connect():  # type: ignore[no-untyped-call]  # the client's own
            raise TransientError(f"{self._name} cannot be reached")

    def close(self) -> None:
        """Hang up; may be called more than once."""
        self._client.close()  # type: ignore[no-untyped-call]  # likewise

    def _ask(self, what: str, ask: Any) -> Any:
        """The answer to one question.

        Raises:
            TransientError: none came in time, or the line is gone; the next question dials again.
            RefusedError: the panel says that it has no such address.
        """
        until_s = time.monotonic() + self._limit_s
        try:
            answer = ask()
        except (ModbusException, OSError) as error:
            self.close()  # a late answer must not be taken for that of the next question
            raise TransientError(f"{self._name} does not answer ({what})") from error
        if answer.isError():
            raise RefusedError(f"{self._name} refuses {what}: {answer}")
        if time.monotonic() > until_s:
            self.close()
            raise TransientError(f"{self._name} answers too slowly ({what})")
        return answer


class PanelLine(_Line):
    """Reads the panel. It has no way to write."""

    def read(self, table: str, address: int, count: int) -> tuple[int, ...]:
        """*count* bits or registers from *address*.

        Raises:
            TransientError: no answer now.
            RefusedError: the panel has no such address, or sends fewer than asked for.
        """
        reads = {
            "coil": self._client.read_coils,
            "discrete": self._client.read_discrete_inputs,
            "holding": self._client.read_holding_registers,
            "input": self._client.read_input_registers,
        }
        what = f"{table} {address}, {count} of them"
        answer = self._ask(what, lambda: reads[table](address, count=count, device_id=self._unit))
        values = answer.bits if table in ("coil", "discrete") else answer.registers
        if len(values) < count:
            raise RefusedError(f"{self._name}: {what}: {len(values)} came")
        return tuple(int(value) for value in values[:count])


class RequestLine(_Line):
    """Asks the panel to start what it controls. It takes frames of the live mode alone, whatever its caller has checked before."""

    def __init__(self, credentials: Credentials, *, site: str, panel: str, host: str, port: int, unit: int, timeout_s: float) -> None:
        """Nothing is dialled yet.

        Raises:
            ConfigError: the credentials are not for the live mode, this site and this panel.
        """
        if credentials.mode != LIVE:
            raise ConfigError("the panel's credentials are not for the live mode: there is nothing to request with")
        if (credentials.site, credentials.panel) != (site, panel):
            raise ConfigError(f"the panel's credentials are for panel '{credentials.panel}' of '{credentials.site}', not for this one")
        super().__init__(host=host, port=port, unit=unit, timeout_s=timeout_s)
        self._credentials = credentials
        self.sent = self.refused = 0

    def ask(self, frame: Frame) -> tuple[int, int]:
        """Send the request once more, and read the panel's echo of it: (code, beat).

        Raises:
            RefusedError: the frame is not live, or names nothing that a panel could start; or the panel refuses it.
            TransientError: no answer now.
        """
        self._check(frame)
        words = [self._credentials.passcode >> 16, self._credentials.passcode & _WORD, frame.code, frame.beat & _WORD]
        self._ask(f"the request for {frame.equipment}", lambda: self._client.write_registers(frame.address, words, device_id=self._unit))
        self.sent += 1
        answer = self._ask(
            f"the echo for {frame.equipment}", lambda: self._client.read_input_registers(frame.echo, count=2, device_id=self._unit)
        )
        if len(answer.registers) != 2:
            raise RefusedError(f"{self._name}: the echo for {frame.equipment}: {len(answer.registers)} words came, expected 2")
        return answer.registers[0], answer.registers[1]

    def _check(self, frame: Frame) -> None:
        if type(frame.mode) is not str or frame.mode != LIVE:
            self.refused += 1
            raise RefusedError(f"a request of mode '{str(frame.mode)[:40]}' does not go to a panel")
        if not (1 <= frame.code <= _WORD and 0 <= frame.address <= _WORD - 3 and 0 <= frame.echo <= _WORD - 1):
            self.refused += 1
            raise RefusedError(f"the request for {frame.equipment} names nothing that a panel could start")
