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


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    """12 pictures in three classes: the ten's digit is the class."""
    for number in (10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33):
        path = tmp_path / "set" / f"class_{number // 10}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path, np.full((8, 8, 3), number, np.uint8))
    return tmp_path / "set"


@pytest.mark.parametrize(
    ("most", "shown"), [(3, [10, 20, 30]), (6, [10, 12, 20, 22, 30, 32]), (1, [10])]
)
def test_pictures_are_spread_over_class_folders(classes: Path, most: int, shown: list[int]) -> None:
    found = pictures.taken(str(classes), most)
    assert [int(frame.pixels[0, 0, 0]) for frame in found] == shown
    assert found.count == len(shown)
    assert next(iter(found)).source == "class_1/10.png"


def test_class_folders_may_lie_deeper(classes: Path) -> None:
    assert pictures.taken(str(classes.parent), 100).count == 12


def test_beside_pictures_folders_are_not_looked_into(classes: Path) -> None:
    picture.save(classes / "sheet.png", np.zeros((8, 8, 3), np.uint8))
    assert [frame.source for frame in pictures.taken(str(classes), 100)] == ["sheet.png"]


def test_what_is_no_picture_is_left_out(classes: Path, caplog: pytest.LogCaptureFixture) -> None:
    (classes / "class_1" / "10.png").write_text("none")
    assert [frame.seq for frame in pictures.taken(str(classes), 3)] == [0, 1]
    assert "10.png" in caplog.text
    with pytest.raises(SourceError, match="none of its pictures can be read"):
        list(pictures.taken(str(classes), 1))


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no pictures in it"):
        pictures.taken(str(tmp_path), 5)


@pytest.mark.parametrize("text", ["0", "synthetic:signs", "rtsp://camera/stream"])
def test_what_never_ends_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="never ends; give a folder or a clip"):
        pictures.taken(text, 5)


def test_a_folder_called_as_a_picture_and_hidden_ones_are_no_pictures(
    tmp_path: Path, images: Path
) -> None:
    for folder in ("b.jpg", "cats", ".thumbs"):
        (tmp_path / folder).mkdir()
    for place in ("cats/1.jpg", ".thumbs/2.jpg"):
        (tmp_path / place).write_bytes((images / "cat_720p.jpg").read_bytes())
    found = pictures.taken(str(tmp_path), 10)
    assert isinstance(found, pictures.Files)
    assert found.paths == (tmp_path / "cats" / "1.jpg",)
