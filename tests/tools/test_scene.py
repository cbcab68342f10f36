from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from edgeinfer.errors import ConfigError, StoreError
from edgeinfer.sources.scenes.named import make
from edgeinfer.tools.scene import Report, Request, write

SIZE = 96, 64


def made(folder: Path, scene: str = "railway", out: str = "clip.mp4", fps: float = 5.0) -> Report:
    return write(
        Request(scene, folder / out, folder / "truth.json", seed=3, seconds=4, fps=fps, size=SIZE)
    )


@pytest.mark.parametrize("out", ["clip.mp4", "clip.avi"])
def test_the_clip_has_the_size_the_rate_and_the_frames(tmp_path: Path, out: str) -> None:
    report = made(tmp_path, out=out)
    clip = cv2.VideoCapture(str(tmp_path / out))
    assert clip.get(cv2.CAP_PROP_FPS) == 5
    grabbed = [clip.grab() for _ in range(25)]
    assert grabbed.count(True) == report.frames == 20
    shape = clip.get(cv2.CAP_PROP_FRAME_WIDTH), clip.get(cv2.CAP_PROP_FRAME_HEIGHT)
    assert shape == tuple(map(float, SIZE))
    clip.release()


@pytest.mark.parametrize("scene", ["railway", "parking"])
def test_the_truth_is_that_of_the_scene(tmp_path: Path, scene: str) -> None:
    report = made(tmp_path, scene)
    truth = json.loads((tmp_path / "truth.json").read_text())
    drawn = make(scene, 3, SIZE)
    assert [frame["t_s"] for frame in truth["frames"]] == [number / 5 for number in range(20)]
    _, wanted = drawn.draw(1.4)
    found = truth["frames"][7]["objects"]
    assert [(one["label"], one["id"]) for one in found] == [(one.label, one.id) for one in wanted]
    assert found[0]["box"]["left"] == pytest.approx(wanted[0].box.left, abs=1e-5)
    assert len(truth["events"]) == report.events == len(drawn.events(0, 4))
    assert bool(truth["bays"]) == (scene == "parking")


def test_what_has_no_beginning_or_end_is_null_in_the_truth(tmp_path: Path) -> None:
    made(tmp_path, "parking")
    events = json.loads((tmp_path / "truth.json").read_text())["events"]
    assert any(event["start_s"] is None for event in events), "cars stand there from the start"


def test_the_same_words_give_the_same_truth_and_nothing_else_is_left(tmp_path: Path) -> None:
    made(tmp_path)
    first = (tmp_path / "truth.json").read_bytes()
    made(tmp_path)
    assert (tmp_path / "truth.json").read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "truth.json"]


def test_interrupted_it_leaves_the_old_clip_and_nothing_half_done(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"old")

    def interrupt(_step: str, share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(Request("railway", tmp_path / "clip.mp4", seconds=2, fps=5, size=SIZE), interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
    assert (tmp_path / "clip.mp4").read_bytes() == b"old"


def test_every_wrong_word_is_said_at_once(tmp_path: Path) -> None:
    asked = Request("mars", tmp_path / "x.mkv", tmp_path / "no/truth.json", size=(33, 20))
    with pytest.raises(ConfigError) as caught:
        write(asked)
    assert [line.split(":")[0] for line in caught.value.problems] == [
        "mars",
        f"-o {tmp_path / 'x.mkv'}",
        "--size 33x20",
        f"--truth {tmp_path / 'no/truth.json'}",
    ]


def test_a_place_without_writing_is_one_line() -> None:
    with pytest.raises(StoreError, match=r"^/proc/clip\.mp4: [^\n]+$"):
        write(Request("railway", Path("/proc/clip.mp4"), seconds=1, fps=5, size=SIZE))


_LIMITED = """
import resource, sys
from pathlib import Path
from edgeinfer.tools.scene import Request, write

resource.setrlimit(resource.RLIMIT_FSIZE, (16_000, 16_000))  # a full disk for who is no root
write(Request("railway", Path(sys.argv[1]), seconds=12, fps=5, size=(160, 120)))
"""


@pytest.mark.parametrize("out", ["clip.mp4", "clip.avi"])
def test_a_clip_that_does_not_fit_on_the_disk_is_refused_and_not_left(
    tmp_path: Path, out: str
) -> None:
    words = [sys.executable, "-c", _LIMITED, str(tmp_path / out)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    assert "StoreError" in done.stderr
    assert f"{out}: the clip could not be written whole" in done.stderr
    assert list(tmp_path.iterdir()) == []
