from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeinfer.cli.journald import JournalHandler, is_journal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket on which journald would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "journal"))
        listening.setblocking(False)
        yield listening


@pytest.fixture
def log(tmp_path: Path) -> Iterator[logging.Logger]:
    """A logger whose handler sends to that socket."""
    handler = JournalHandler(tmp_path / "journal", "porch")
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("double.journald")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)
    handler.close()


def entry(journal: socket.socket) -> dict[str, str]:
    """The fields of one datagram, read as the protocol says."""
    data, fields = journal.recv(1 << 20), {}
    while data:
        line, _, rest = data.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            size = int.from_bytes(rest[:8], "little")
            value, rest = rest[8 : 8 + size], rest[8 + size + 1 :]
        fields[name.decode()] = value.decode()
        data = rest
    return fields


def test_a_record_is_an_entry_with_its_fields(journal: socket.socket, log: logging.Logger) -> None:
    log.warning("broker %s: away", "b")
    fields = entry(journal)
    assert fields.pop("CODE_LINE").isdigit()
    assert fields == {
        "MESSAGE": "broker b: away",
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "edgeinfer",
        "CODE_FILE": __file__,
        "CODE_FUNC": "test_a_record_is_an_entry_with_its_fields",
        "LOGGER": "double.journald",
        "THREAD": "MainThread",
        "DEVICE": "porch",
    }


def test_levels_are_syslogs(journal: socket.socket, log: logging.Logger) -> None:
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        log.log(level, "x")
    assert [entry(journal)["PRIORITY"] for _ in range(5)] == ["7", "6", "4", "3", "2"]


def test_lines_stay_in_one_entry_and_cannot_forge_a_field(
    journal: socket.socket, log: logging.Logger
) -> None:
    log.error("first\nPRIORITY=0\nlast: ü")
    fields = entry(journal)
    assert fields["MESSAGE"] == "first\nPRIORITY=0\nlast: ü"
    assert fields["PRIORITY"] == "3"


def test_an_error_comes_with_its_traceback(journal: socket.socket, log: logging.Logger) -> None:
    log.error("it broke", exc_info=ValueError("odd"))
    assert entry(journal)["MESSAGE"] == "it broke\nValueError: odd"


def test_what_is_too_long_for_a_datagram_goes_to_standard_error(
    capsys: pytest.CaptureFixture[str], journal: socket.socket, log: logging.Logger
) -> None:
    log.warning("x" * (16 << 20))
    assert len(capsys.readouterr().err) > 16 << 20
    with pytest.raises(BlockingIOError):
        journal.recv(1)


def test_a_journal_that_is_not_there_loses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = JournalHandler(tmp_path / "nobody")
    handler.emit(logging.makeLogRecord({"msg": "still said", "levelno": logging.ERROR}))
    handler.close()
    assert capsys.readouterr().err == "still said\n"


def test_only_the_stream_that_systemd_named_is_the_journal(tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("w") as file:
        found = os.fstat(file.fileno())
        assert is_journal(file.fileno(), f"{found.st_dev}:{found.st_ino}")
        assert not is_journal(file.fileno(), f"{found.st_dev}:{found.st_ino + 1}")
        assert not is_journal(file.fileno(), "")
    assert not is_journal(-1, "8:1")
