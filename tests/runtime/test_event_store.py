from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.errors import StoreError
from edgeinfer.runtime.event_store import EventStore, Row
from edgeinfer.runtime.wall_clock import Stamp

DOCUMENT = b"x" * 400


def rows(first: int, last: int) -> list[Row]:
    return [Row(number, DOCUMENT, Stamp(1, "boot", 0)) for number in range(first, last)]


def test_damage_that_shows_in_use_sets_the_file_aside_when_it_is_opened_again(
    tmp_path: Path,
) -> None:
    """A page that waits to be used again is looked at when something is written, not before."""
    path = tmp_path / "events.sqlite3"
    store = EventStore(path)
    store.open()
    store.add(rows(1, 601))
    store.remove(500)
    store.close()
    data = bytearray(path.read_bytes())
    page_bytes = int.from_bytes(data[16:18], "big")  # sqlite.org/fileformat.html
    trunk = int.from_bytes(data[32:36], "big") - 1
    assert trunk > 0
    data[trunk * page_bytes : (trunk + 1) * page_bytes] = b"\xff" * page_bytes
    path.write_bytes(data)
    store.open()
    with pytest.raises(StoreError, match="malformed"):
        store.add(rows(601, 1600))
    assert store.open() == []
    assert "set aside" in store.set_aside
    store.add(rows(601, 1600))
    store.close()
    assert len(EventStore(path).open()) == 999
