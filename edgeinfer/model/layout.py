"""Does every offset and length of a .tflite stay inside the file? Asked before any is trusted.

The generated reader believes each length that it finds: one flipped bit can make it build a billion
objects. This walk follows what the reader would, and bounds the tables and the text that it would
make. The numbers are the field numbers of TFLite's schema.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import partial

# Far above what models have (a detector: 700); as objects they take less than half a gigabyte.
MOST_TABLES = 250_000
# Of names in all, each a copy: tables may share a text in the file. A detector has 10 kB of them.
_MOST_TEXT_BYTES = 64_000_000

_U8, _U16, _U32, _I32 = (struct.Struct(f"<{letter}") for letter in "BHIi")


class Walk:
    """One way through one file.

    Raises: ValueError: from every method: the file is damaged, or made to exhaust its reader.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._tables_left = min(MOST_TABLES, len(data) // 4)
        self._text_left = _MOST_TEXT_BYTES

    def table(self, position: int, fields: Fields) -> None:
        """A table, and of its fields those that lead elsewhere."""
        self._tables_left -= 1
        if self._tables_left < 0:
            raise ValueError("more tables than a model has")
        vtable = position - self.number(_I32, position)
        self.inside(position, self.number(_U16, vtable + 2))
        for field, follow in fields.items():
            start = self.field(position, field)
            if start is not None:
                follow(self, start, position)

    def field(self, table: int, field: int) -> int | None:
        """Where a field of a table begins; None: the table has none."""
        vtable = table - self.number(_I32, table)
        entry = 4 + 2 * field
        if entry + 2 > self.number(_U16, vtable):
            return None
        offset = self.number(_U16, vtable + entry)
        return table + offset if offset else None

    def vector(self, position: int, item_bytes: int) -> range:
        """The positions of the items of the vector that a field leads to."""
        start = self.target(position)
        count = self.number(_U32, start)
        self.inside(start + 4, count * item_bytes)
        return range(start + 4, start + 4 + count * item_bytes, item_bytes)

    def text(self, position: int) -> None:
        self._text_left -= len(self.vector(position, 1))
        if self._text_left < 0:
            raise ValueError("more text than a model has")

    def target(self, position: int) -> int:
        """Where the offset at a position leads."""
        return position + self.number(_U32, position)

    def number(self, kind: struct.Struct, position: int) -> int:
        self.inside(position, kind.size)
        return int(kind.unpack_from(self._data, position)[0])

    def inside(self, start: int, length: int) -> None:
        if start < 0 or start + length > len(self._data):
            raise ValueError("a length or an offset leads out of the file")


Follow = Callable[[Walk, int, int], None]
"""(walk, where the field begins, where its table begins)."""

Fields = Mapping[int, Follow]


def check(data: bytes) -> None:
    """Raises: ValueError: the file is damaged, or made to exhaust its reader."""
    walk = Walk(data)
    walk.table(walk.target(0), _MODEL)


def _text(walk: Walk, start: int, _: int) -> None:
    walk.text(start)


def _items(item_bytes: int, walk: Walk, start: int, _: int) -> None:
    walk.vector(start, item_bytes)


def _table(fields: Fields, walk: Walk, start: int, _: int) -> None:
    walk.table(walk.target(start), fields)


def _tables(fields: Fields, walk: Walk, start: int, _: int) -> None:
    for entry in walk.vector(start, 4):
        walk.table(walk.target(entry), fields)


def _union(field: int, kinds: Mapping[int, Fields], walk: Walk, start: int, table: int) -> None:
    """A table of one of several kinds; `field` says of which."""
    said = walk.field(table, field)
    kind = 0 if said is None else walk.number(_U8, said)
    walk.table(walk.target(start), kinds.get(kind, {}))


_1, _4, _8 = (partial(_items, item_bytes) for item_bytes in (1, 4, 8))
_MAP: Fields = {0: _text}
_SIGNATURE: Fields = {0: partial(_tables, _MAP), 1: partial(_tables, _MAP), 2: _text}
# Of the operators' options only these hold text; numbers are read where they lie.
_OPTIONS: Mapping[int, Fields] = {111: {0: _text, 1: _text}}  # VarHandleOptions
_OPTIONS_2: Mapping[int, Fields] = {
    5: {0: _text, 2: _text},  # StablehloCustomCallOptions
    21: {0: _text},  # StableHLOCompositeOptions
}
_OPERATOR: Fields = {
    1: _4, 2: _4, 4: partial(_union, 3, _OPTIONS), 5: _1, 7: _1, 8: _4,
    12: partial(_union, 11, _OPTIONS_2),
}  # fmt: skip
_QUANTIZATION: Fields = {0: _4, 1: _4, 2: _4, 3: _8, 5: partial(_union, 4, {})}
_DIMENSION: Fields = {3: partial(_union, 2, {}), 5: partial(_union, 4, {})}
_SPARSITY: Fields = {0: _4, 1: _4, 2: partial(_tables, _DIMENSION)}
_TENSOR: Fields = {
    0: _4, 3: _text, 4: partial(_table, _QUANTIZATION), 6: partial(_table, _SPARSITY), 7: _4,
    9: partial(_tables, {0: _4}),
}  # fmt: skip
_SUBGRAPH: Fields = {
    0: partial(_tables, _TENSOR), 1: _4, 2: _4, 3: partial(_tables, _OPERATOR), 4: _text,
}  # fmt: skip
_MODEL: Fields = {
    1: partial(_tables, {1: _text}),  # operator codes
    2: partial(_tables, _SUBGRAPH),
    3: _text,
    4: partial(_tables, {0: _1}),  # buffers
    5: _4,
    6: partial(_tables, {0: _text}),  # metadata
    7: partial(_tables, _SIGNATURE),
    8: partial(_tables, {0: _text}),  # external buffer groups
    9: partial(_tables, {4: _text}),  # external buffers
}
