"""Blocks for ClickHouse out of packed columns, as they lie in memory.

The client's own writer looks for missing values in every column and copies it twice, and finds the distinct strings of a
column anew in each block: that is three quarters of an insert. Here a column of numbers goes out as it is, and a column whose
values are known by their codes (`pandas.Categorical`) by these. All else goes the client's way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
from clickhouse_driver import Client
from clickhouse_driver.columns.service import write_column
from clickhouse_driver.streams.native import BlockOutputStream
from clickhouse_driver.varint import write_varint
from clickhouse_driver.writer import write_binary_int64, write_binary_str, write_binary_uint8
from numpy.typing import NDArray

_FIXED: Final = {
    **{f"{sign}Int{bits}": np.dtype(f"<{code}{bits // 8}") for sign, code in (("", "i"), ("U", "u")) for bits in (8, 16, 32, 64)},
    "Float32": np.dtype("<f4"),
    "Float64": np.dtype("<f8"),
    "Bool": np.dtype("u1"),
    "DateTime": np.dtype("<u4"),
    "DateTime('UTC')": np.dtype("<u4"),
}
_CODED: Final = "LowCardinality(String)"
_SHARED_KEYS: Final = 1  # of the dictionaries' serialisation: the only one that there is
_OWN_DICTIONARY: Final = 0x600  # the block brings its dictionary along, and it is new
_CODES: Final[tuple[np.dtype[Any], ...]] = (np.dtype("<u1"), np.dtype("<u2"), np.dtype("<u4"))


@runtime_checkable
class Coded(Protocol):
    """Strings by their place among the distinct ones, as a `pandas.Categorical` holds them."""

    def __len__(self) -> int:
        """How many strings."""
        ...

    @property
    def codes(self) -> NDArray[np.signedinteger[Any]]:
        """(n,) places; -1 for a missing string."""

    @property
    def categories(self) -> Sequence[str]:
        """The distinct strings."""


def write_packed(ready: Client) -> Client:
    """Let *ready*, which has not dialled yet, write its blocks so; returns it."""
    connection = ready.connection
    connection.get_block_out_stream = lambda: PackedBlocks(connection.fout, connection.context)
    return ready


class PackedBlocks(BlockOutputStream):  # type: ignore[misc]  # the client has no types
    """Writes blocks to the server, uncompressed."""

    def write(self, block: Any) -> None:
        """Send one block."""
        block.info.write(self.fout)
        write_varint(block.num_columns, self.fout)
        write_varint(block.num_rows, self.fout)
        for index, (name, kind) in enumerate(block.columns_with_types if block.num_columns else ()):
            write_binary_str(name, self.fout)
            write_binary_str(kind, self.fout)
            write_binary_uint8(0, self.fout)  # no serialisation of the column's own
            self._column(name, kind, block.get_column_by_index(index), types_check=block.types_check)
        self.finalize()

    def _column(self, name: str, kind: str, values: Any, *, types_check: bool) -> None:
        packed = _FIXED.get(kind)
        if packed is not None and isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
            self.fout.write(values.astype(packed, copy=False).tobytes())
        elif kind == _CODED and isinstance(values, Coded):
            self._codes(values)
        else:
            write_column(self.context, name, kind, values, self.fout, types_check=types_check)

    def _codes(self, values: Coded) -> None:
        """The distinct strings, then which of them each row has."""
        if (values.codes < 0).any():
            raise ValueError("a coded column may have no missing values")
        names = [str(name) for name in values.categories]
        width = next(index for index, codes in enumerate(_CODES) if len(names) <= 256**codes.itemsize)
        write_binary_int64(_SHARED_KEYS, self.fout)
        write_binary_int64(_OWN_DICTIONARY | width, self.fout)
        write_binary_int64(len(names), self.fout)
        for each in names:
            write_binary_str(each, self.fout)
        write_binary_int64(len(values.codes), self.fout)
        self.fout.write(values.codes.astype(_CODES[width]).tobytes())
