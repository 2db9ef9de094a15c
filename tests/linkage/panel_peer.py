"""A simulated fire panel on pymodbus' own server.

It counts what is written, compares the passcode, echoes, and drops what is not repeated.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymodbus.pdu import ModbusPDU
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

READ_UNIT, REQUEST_UNIT = 1, 2
PASSCODE = 0x1234_5678
WRITES = {5, 6, 15, 16, 22, 23}
DISCRETE, INPUT, HOLDING = 2, 4, 16
SPRINKLER = 7  # its code


class PanelPeer:
    """One panel.

    Args:
        port: 0 = any that is free.
        echoes: whether it answers requests in its echo registers.
        drop_after_s: a request that is not repeated for so long is dropped.
    """

    def __init__(self, *, port: int = 0, echoes: bool = True, drop_after_s: float = 5.0) -> None:
        self.port, self.echoes, self.drop_after_s = port, echoes, drop_after_s
        self.reads = self.writes = self.connections = 0
        self.written: list[list[int]] = []
        self.requested: dict[int, float] = {}  # code → when it was last repeated, monotonic s
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: ModbusTcpServer | None = None

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(5)

    async def _serve(self) -> None:
        units = [self._unit(READ_UNIT), self._unit(REQUEST_UNIT)]
        self._server = ModbusTcpServer(units, address=("127.0.0.1", self.port), trace_pdu=self._count, trace_connect=self._connected)
        await self._server.serve_forever(background=True)
        assert self._server.transport is not None
        self.port = self._server.transport.sockets[0].getsockname()[1]

    def _unit(self, number: int) -> SimDevice:
        def bits() -> list[SimData]:
            return [SimData(0, count=64, values=False, datatype=DataType.BITS)]

        def words() -> list[SimData]:
            return [SimData(0, count=64, values=0, datatype=DataType.REGISTERS)]

        return SimDevice(id=number, simdata=(bits(), bits(), words(), words()))

    def _connected(self, up: bool) -> None:  # noqa: FBT001 - the server calls it so
        self.connections += up

    def _count(self, sending: bool, pdu: ModbusPDU) -> ModbusPDU:  # noqa: FBT001 - likewise
        """Everything that comes by the network passes here."""
        if not sending:
            if pdu.function_code in WRITES:
                self.writes += 1
                self.written.append(list(pdu.registers))
                self._take(pdu)
            else:
                self.reads += 1
        return pdu

    def _take(self, pdu: ModbusPDU) -> None:
        high, low, code, beat = (list(pdu.registers) + [0] * 4)[:4]
        if pdu.dev_id != REQUEST_UNIT or (high << 16 | low) != PASSCODE:
            return
        self.requested[code] = time.monotonic()
        if self.echoes:
            assert self._server is not None
            self._loop.create_task(self._server.async_setValues(REQUEST_UNIT, INPUT, 0, [code, beat]))

    def standing(self) -> set[int]:
        """Codes of requests that the panel has not dropped."""
        return {code for code, at_s in self.requested.items() if time.monotonic() - at_s < self.drop_after_s}

    def set(self, address: int, *, on: bool = True) -> None:
        """One discrete input of the reading unit."""
        assert self._server is not None
        asyncio.run_coroutine_threadsafe(self._server.async_setValues(READ_UNIT, DISCRETE, address, [on]), self._loop).result(5)

    def stop(self) -> None:
        if self._server is not None:
            asyncio.run_coroutine_threadsafe(self._server.shutdown(), self._loop).result(5)
            self._server = None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._loop.is_running():
            self._loop.close()


@contextmanager
def panel_peer(**how: Any) -> Iterator[PanelPeer]:
    peer = PanelPeer(**how)
    peer.start()
    try:
        yield peer
    finally:
        peer.stop()
