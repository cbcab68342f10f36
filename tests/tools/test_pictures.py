from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeinfer import picture
from edgeinfer.errors import ConfigError, SourceError
from edgeinfer.tools import pictures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(7):
        picture.save(tmp_path / f"{number}.png", np.full((8, 8, 3), number, np.uint8))
    return tmp_path


@pytest.mark.parametrize(
    ("most", "shown"),
    [(9, [0, 1, 2, 3, 4, 5, 6]), (7, [0, 1, 2, 3, 4, 5, 6]), (4, [0, 2, 4, 6]), (2, [0, 4])],
)
def test_pictures_are_spread_over_the_folder(folder: Path, most: int, shown: list[int]) -> None:
    found = pictures.taken(str(folder), most)
    assert [int(frame.pixels[0, 0, 0]) for frame in found] == shown
    assert found.count == len(shown)


def test_they_can_be_looked_at_again(folder: Path) -> None:
    found = pictures.taken(str(folder), 2)
    assert [frame.source for frame in found] == [frame.source for frame in found] != []


def test_a_clip_gives_pictures_too(clips: Path) -> None:
    found = pictures.taken(str(clips / "train_day.mp4"), 10)
    assert found.count == len(list(found)) == 10


def test_drawn_pictures_are_so_many_and_differ() -> None:
    found = list(pictures.drawn(3))
    assert len({frame.pixels.tobytes() for frame in found}) == len(found) == 3


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no pictures in it"):
        pictures.taken(str(tmp_path), 5)


@pytest.mark.parametrize("text", ["0", "synthetic:signs", "rtsp://camera/stream"])
def test_what_never_ends_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="never ends; give a folder or a clip"):
        pictures.taken(text, 5)
