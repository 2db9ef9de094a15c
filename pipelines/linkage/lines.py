"""The lines to the panel that a mode may have: one to read by, and, in the live mode alone, one to request by."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

from connectors.modbus import PanelLine, RequestLine, read_credentials
from pipelines.errors import ConfigError
from pipelines.linkage.registers import Seen, seen, spans
from pipelines.topics import check_mode
from plan.linkage import Linkage, PanelAddress, is_loopback
from plan.model import Plan

LIVE: Final = "live"


class Reads(Protocol):
    """What reads the panel."""

    def read(self, table: str, address: int, count: int) -> tuple[int, ...]:
        """As `connectors.modbus.PanelLine.read`."""

    def close(self) -> None:
        """Hang up."""


def linkage_of(plan: Plan) -> Linkage:
    """The plan's linkage.

    Raises:
        ConfigError: it has none.
    """
    if plan.linkage is None:
        raise ConfigError("the plan has no linkage: there is no panel to read")
    return plan.linkage


def address_of(plan: Plan, mode: str) -> PanelAddress:
    """Where the panel of *mode* is read: a drill has its simulator on this machine, and never the panel.

    Raises:
        ConfigError: there is none for this mode.
    """
    linkage = linkage_of(plan)
    if check_mode(mode) == LIVE:
        return linkage.panel
    if linkage.simulator is None:
        raise ConfigError(f"mode '{mode}': the plan's linkage has no simulator, and a drill does not dial the panel")
    if not is_loopback(linkage.simulator.host):
        raise ConfigError(f"mode '{mode}': the simulator '{linkage.simulator.host}' is not on this machine; a drill does not dial it")
    return linkage.simulator


def panel_line(plan: Plan, mode: str) -> PanelLine:
    """The line to read by; it dials with its first question."""
    address, linkage = address_of(plan, mode), linkage_of(plan)
    return PanelLine(host=address.host, port=address.port, unit=address.unit, timeout_s=linkage.timeout_s)


def request_line(plan: Plan, mode: str, *, run: Path) -> RequestLine | None:
    """The line to request by; None where the plan turns nothing on, and in every mode but live, before any secret is read.

    Raises:
        ConfigError: outputs are enabled, and the credentials are not there, not secret, or not for this panel.
    """
    linkage = linkage_of(plan)
    if not linkage.outputs.enabled or check_mode(mode) != LIVE:
        return None
    return RequestLine(
        read_credentials(run / linkage.outputs.credentials),
        site=plan.event.site,
        panel=linkage.device,
        host=linkage.panel.host,
        port=linkage.panel.port,
        unit=linkage.outputs.unit,
        timeout_s=linkage.timeout_s,
    )


def ask_all(line: Reads, linkage: Linkage) -> Seen:
    """What the panel says of everything.

    Raises:
        TransientError: no answer now.
        RefusedError: it has not all that the plan names.
    """
    values = {
        (span.table, span.address + index): value
        for span in spans(linkage)
        for index, value in enumerate(line.read(span.table, span.address, span.count))
    }
    return seen(linkage, values)
