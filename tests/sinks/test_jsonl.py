from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edgeinfer.core.results import Message
from edgeinfer.errors import SinkBusy, SinkClosed, SinkError
from edgeinfer.sinks.jsonl import JsonlSink
from edgeinfer.wire import to_json
from tests.conftest import ROOT
from tests.sinks.messages import event, result

PROGRAM = """
import resource, signal, sys
from edgeinfer.errors import SinkError
from edgeinfer.sinks.jsonl import JsonlSink
from tests.sinks.messages import result
"""


def sink(path: Path | str) -> JsonlSink:
    return JsonlSink(JsonlSink.Options(str(path)), "porch")


def run(code: str, argument: str, stdout: int | None = None) -> str:
    """What the program said on standard error."""
    command = [sys.executable, "-c", PROGRAM + code, argument]
    ended = subprocess.run(
        command, check=True, timeout=60, cwd=ROOT, stdout=stdout, stderr=subprocess.PIPE
    )
    return ended.stderr.decode()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one page of 4096 bytes."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    mount = ["mount", "-t", "tmpfs", "-o", "size=4096", "small", str(tmp_path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_each_message_is_one_line_of_its_wire_form(tmp_path: Path) -> None:
    messages: list[Message] = [result(0), event("passage", 1), result(2)]
    with sink(tmp_path / "out.jsonl") as jsonl:
        for message in messages:
            jsonl.send(message)
        lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert lines == [to_json(message) for message in messages]


def test_a_file_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    for seq in range(2):
        with sink(path) as jsonl:
            jsonl.send(result(seq))
    assert path.read_text().splitlines() == [to_json(result(0)), to_json(result(1))]


def test_half_a_line_from_a_power_cut_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text('{"v": 1, "ty')
    with sink(path) as jsonl:
        jsonl.send(result(0))
        jsonl.send(result(1))
    assert path.read_text().splitlines()[1:] == [to_json(result(0)), to_json(result(1))]


def test_its_name_says_where_it_writes() -> None:
    assert sink("-").name == "jsonl:-"
    assert sink("seen.jsonl").name == "jsonl:seen.jsonl"


def test_a_missing_folder_is_said_on_entering(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "out.jsonl"
    with pytest.raises(SinkError) as caught, sink(path):
        pass
    assert str(caught.value) == f"jsonl:{path}: no such file or directory; make its folder first"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="is a directory; name a file in it"), sink(tmp_path):
        pass


def test_a_full_disk_is_said_with_what_to_do() -> None:
    with sink("/dev/full") as jsonl, pytest.raises(SinkError) as caught:
        jsonl.send(result())
    assert str(caught.value) == "jsonl:/dev/full: no space left on device; free some space"


def test_a_full_disk_leaves_whole_lines_and_takes_more_when_it_has_room(small_disk: Path) -> None:
    path = small_disk / "out.jsonl"
    with sink(path) as jsonl:
        sent = fill(jsonl)
        assert path.read_text().splitlines() == [to_json(result(seq)) for seq in range(sent)]
        path.write_text("")
        jsonl.send(result(sent))
    assert path.read_text() == to_json(result(sent)) + "\n"


def fill(jsonl: JsonlSink) -> int:
    """How many messages found room before the disk was full."""
    sent = 0
    while True:
        try:
            jsonl.send(result(sent))
        except SinkError:
            return sent
        sent += 1


FILL = """
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))
with JsonlSink(JsonlSink.Options(sys.argv[1]), "porch") as jsonl:
    try:
        for seq in range(1000):
            jsonl.send(result(seq))
    except SinkError as error:
        print(error, file=sys.stderr)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    jsonl.send(result(seq))
"""


def test_a_line_that_did_not_fit_is_cut_away_and_written_whole_later(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    said = run(FILL, str(path))
    assert said.startswith(f"jsonl:{path}: file too large; start a new file")
    assert_whole(path)


def test_standard_output_sent_to_a_file_is_cut_back_as_well(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with path.open("wb") as file:
        run(FILL, "-", stdout=file.fileno())
    assert_whole(path)


def assert_whole(path: Path) -> None:
    """Every line is the one that was sent, and the last came after the room had grown."""
    text = path.read_text()
    lines = text.splitlines()
    assert len(text) > 5000
    assert lines == [to_json(result(seq)) for seq in range(len(lines))]


def test_a_reader_that_has_gone_is_a_quiet_ending() -> None:
    code = """
with JsonlSink(JsonlSink.Options("-"), "porch") as jsonl:
    sys.stdin.readline()
    try:
        jsonl.send(result())
    except SinkError as error:
        print(type(error).__name__, error, file=sys.stderr)
"""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM + code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.write(b"\n")
        process.stdin.close()
        assert process.stderr.read() == b"SinkClosed jsonl:-: the reader has gone\n"
    assert process.returncode == 0
    assert SinkClosed.exit_status == 0


def test_a_line_that_a_stalled_reader_took_half_of_is_continued_not_begun_again(
    tmp_path: Path,
) -> None:
    messages = [result(0, findings=70), result(1, findings=70), result(2)]
    with slow_reader(tmp_path / "pipe") as reader, sink(tmp_path / "pipe") as jsonl:
        jsonl.send(messages[0])
        with pytest.raises(SinkBusy, match="the reader takes nothing"):
            jsonl.send(messages[1])
        got = os.read(reader, 1 << 16)
        jsonl.send(messages[1])
        jsonl.send(messages[2])
        got += os.read(reader, 1 << 16)
    assert got.decode().splitlines() == [to_json(message) for message in messages]


def test_a_message_that_was_given_up_half_written_is_still_ended_with_its_line(
    tmp_path: Path,
) -> None:
    """The outbox may have dropped it meanwhile: the one offered next starts on a new line."""
    messages = [result(0, findings=70), result(1, findings=70), result(2)]
    with slow_reader(tmp_path / "pipe") as reader, sink(tmp_path / "pipe") as jsonl:
        jsonl.send(messages[0])
        with pytest.raises(SinkBusy, match="the reader takes nothing"):
            jsonl.send(messages[1])
        got = os.read(reader, 1 << 16)
        jsonl.send(messages[2])
        got += os.read(reader, 1 << 16)
    assert got.decode().splitlines() == [to_json(message) for message in messages]


@contextmanager
def slow_reader(path: Path) -> Iterator[int]:
    """The reading end of a pipe of four pages: one line of seventy findings and a part."""
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 16384)
    yield reader
    os.close(reader)


def test_a_pipe_without_a_reader_fails_at_once_instead_of_hanging(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(SinkError, match="start the reader of this pipe first"), sink(pipe):
        pass
