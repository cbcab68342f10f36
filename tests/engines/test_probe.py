"""The probe, with libraries and models that crash, hang and starve the process that loads them."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from edgeinfer.engines import passed, probe
from edgeinfer.engines.litert import LitertEngine, runtime_name
from edgeinfer.engines.trial import Task
from edgeinfer.errors import EngineError, ModelError
from edgeinfer.model import flatbuffer
from edgeinfer.model.skeleton import conv_stack
from tests.conftest import ROOT
from tests.engines.delegates import compiled


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory in which nothing is known."""
    monkeypatch.setenv("EDGEINFER_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(probe, "_tried", set())
    return tmp_path / "state" / "passed"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "small.tflite"
    path.write_bytes(conv_stack("float32", size=4, channels=4, layers=1))
    return path


@pytest.fixture
def delegate(tmp_path: Path) -> Callable[[str], str]:
    return lambda name: compiled(name, tmp_path)


def _task(model: Path, delegate: str | None = None) -> Task:
    return probe.task(LitertEngine, model, delegate)


@pytest.mark.parametrize(
    ("name", "signal"),
    [("crashes", "SIGSEGV"), ("aborts", "SIGABRT"), ("illegal", "SIG(ILL|TRAP)")],
)
def test_a_delegate_that_ends_the_process_is_one_sentence(
    model: Path, delegate: Callable[[str], str], name: str, signal: str
) -> None:
    with pytest.raises(
        EngineError, match=rf"crashed {runtime_name()} \({signal}\) loading"
    ) as told:
        probe.opened(model, 1, delegate(name))
    assert str(told.value).startswith(f"delegate {model.parent}/lib{name}.so: ")
    assert "does not work with this version of the runtime" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_delegate_that_hangs_is_ended_and_said(
    model: Path, delegate: Callable[[str], str]
) -> None:
    with pytest.raises(EngineError, match="gives no answer within 2 s"):
        probe.check(_task(model, delegate("hangs")), limit_s=2)
    assert not _children(os.getpid())


def test_a_delegate_that_refuses_is_told_in_the_engine_s_own_words(
    model: Path, delegate: Callable[[str], str]
) -> None:
    with pytest.raises(EngineError, match="refused to start: .*; is the device plugged in"):
        probe.opened(model, 1, delegate("refuses"))


def test_a_process_that_a_library_leaves_behind_ends_too_and_says_nothing_here(
    model: Path, delegate: Callable[[str], str], capfd: pytest.CaptureFixture[str]
) -> None:
    library = delegate("leaves")
    with pytest.raises(EngineError, match="exit status 7: a word on standard output"):
        probe.opened(model, 1, library)
    assert capfd.readouterr() == ("", "")
    _wait_for(lambda: not any(_runs(pid) for pid in _with_word(library)))


def _with_word(word: str) -> list[int]:
    """The processes that have it in their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            if word.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def test_a_model_that_asks_for_more_memory_than_there_is_is_one_line(model: Path) -> None:
    found = flatbuffer.read(model)
    graph = found.subgraphs[0]
    for tensor in (graph.tensors[number] for number in (*graph.inputs, *graph.outputs)):
        tensor.shape = [1, 400_000, 400_000, 4]
    model.write_bytes(flatbuffer.pack(found))
    with pytest.raises((ModelError, EngineError)) as told:
        probe.opened(model)
    assert "\n" not in str(told.value)


def test_what_has_passed_is_not_tried_again_not_even_by_another_process(model: Path) -> None:
    probe.check(_task(model))
    assert passed.known(passed.key(_task(model)))
    probe.check(_task(model), limit_s=0)
    program = (
        "import sys; from pathlib import Path\n"
        "from edgeinfer.engines import probe\n"
        "probe.check(probe.task(probe.LitertEngine, Path(sys.argv[1])), limit_s=0)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(model)], check=True)


def test_another_content_delegate_or_option_is_another_trial(model: Path) -> None:
    first = passed.key(_task(model))
    assert passed.key(_task(model, "libx.so")) != first
    assert passed.key(probe.task(LitertEngine, model, None, {"a": "b"})) != first
    assert passed.key(probe.task(LitertEngine, model, kernels="builtin")) != first
    model.write_bytes(model.read_bytes() + b"\0")
    assert passed.key(_task(model)) != first


def test_a_copy_under_another_name_has_passed_too(model: Path) -> None:
    probe.check(_task(model))
    copy = model.with_name("copy.tflite")
    shutil.copy(model, copy)
    assert passed.known(passed.key(_task(copy)))


def test_a_library_that_was_replaced_is_tried_again(tmp_path: Path) -> None:
    library = tmp_path / "libdelegate.so"
    library.write_bytes(b"one")
    passed.remember("key", [str(library)])
    assert passed.known("key")
    library.write_bytes(b"another")
    assert not passed.known("key")
    library.unlink()
    assert not passed.known("key")


@pytest.mark.parametrize("content", [b"", b"[[", b"7", b"[7]", b"\xff"])
def test_a_memory_that_was_cut_short_is_no_memory(kept: Path, content: bytes) -> None:
    passed.remember("key", [])
    assert passed.known("key")
    (kept / "key").write_bytes(content)
    assert not passed.known("key")


def test_what_failed_is_tried_again_at_the_next_start(model: Path) -> None:
    good = model.read_bytes()
    model.write_bytes(good[: len(good) // 2])
    for _ in range(2):
        with pytest.raises(ModelError):
            probe.check(_task(model))
    assert not passed.known(passed.key(_task(model)))


def test_without_a_state_directory_a_process_tries_once(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("EDGEINFER_STATE", str(tmp_path / "file" / "state"))
    probe.check(_task(model))
    assert not passed.known(passed.key(_task(model)))
    probe.check(_task(model), limit_s=0)


def test_a_trial_ends_with_the_process_that_asked(
    model: Path, delegate: Callable[[str], str]
) -> None:
    begun = model.with_name("begun")
    program = (
        "import sys; from pathlib import Path\n"
        "from edgeinfer.engines import probe\n"
        "probe.opened(Path(sys.argv[1]), 1, sys.argv[2])\n"
    )
    words = [sys.executable, "-c", program, str(model), delegate("hangs")]
    with subprocess.Popen(words, env={**os.environ, "BEGUN": str(begun)}) as asker:
        _wait_for(begun.exists)
        (trial,) = _children(asker.pid)
        asker.kill()
    _wait_for(lambda: not _runs(trial))


def test_no_descriptor_and_no_child_is_left(model: Path) -> None:
    before = sum(1 for _ in Path("/proc/self/fd").iterdir())
    probe.check(_task(model))
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) == before
    assert not _children(os.getpid())


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def _children(pid: int) -> list[int]:
    """Those of its main thread, which is the one that started them."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _runs(pid: int) -> bool:
    """A process that has ended waits as a zombie (Z) for whoever inherited it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def test_nobody_makes_an_engine_without_asking_the_probe_first() -> None:
    """`tools/trial.py` does both itself, because it times the second."""
    callers = {
        str(path.relative_to(ROOT / "edgeinfer"))
        for path in (ROOT / "edgeinfer").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("LitertEngine")
    }
    assert callers == {"engines/probe.py", "tools/trial.py"}
