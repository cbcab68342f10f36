from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edgeinfer.core.frame import Frame
from edgeinfer.errors import SourceError
from edgeinfer.picture import save
from edgeinfer.sources.folder import FolderSource

COLOUR = (200, 100, 20)


def source(path: Path, **options: Any) -> FolderSource:
    return FolderSource(FolderSource.Options(path=path, **options))


def read_all(folder: FolderSource) -> list[Frame]:
    with folder:
        frames = []
        while (frame := folder.read()) is not None:
            frames.append(frame)
        return frames


def picture(path: Path, width: int = 8, height: int = 6) -> None:
    save(path, np.full((height, width, 3), COLOUR, np.uint8))


def test_pictures_come_in_the_order_of_their_names_each_in_its_size(tmp_path: Path) -> None:
    picture(tmp_path / "c.jpg", 20, 10)
    picture(tmp_path / "a.PNG", 8, 6)
    picture(tmp_path / "bä.bmp", 4, 12)
    picture(tmp_path / "d.webp", 6, 6)
    (tmp_path / "notes.txt").write_text("no picture")
    frames = read_all(source(tmp_path))
    assert [frame.source for frame in frames] == ["a.PNG", "bä.bmp", "c.jpg", "d.webp"]
    sizes = [(frame.width_px, frame.height_px) for frame in frames]
    assert sizes == [(8, 6), (4, 12), (20, 10), (6, 6)]
    assert [frame.seq for frame in frames] == [0, 1, 2, 3]


def test_colours_are_right(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    (frame,) = read_all(source(tmp_path))
    assert (frame.order, frame.pixels[0, 0].tolist()) == ("rgb", list(COLOUR))


def test_every_real_picture_is_read(images: Path) -> None:
    frames = read_all(source(images))
    assert [frame.source for frame in frames] == sorted(path.name for path in images.iterdir())
    cat = next(frame for frame in frames if frame.source == "cat_720p.jpg")
    assert np.array_equal(cat.rgb[..., ::-1], np.asarray(cv2.imread(str(images / "cat_720p.jpg"))))


def test_size_rotation_and_region_are_honoured(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 40, 20)
    (frame,) = read_all(source(tmp_path, size=(20, 10), rotation=90, region=(0, 0, 1, 0.5)))
    assert frame.pixels.shape == (10, 10, 3)


def test_a_damaged_picture_is_named_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_text("no picture")
    (tmp_path / "c.png").touch()
    picture(tmp_path / "d.png")
    assert [frame.source for frame in read_all(source(tmp_path))] == ["a.png", "d.png"]
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split(": not a picture")[0] for line in lines] == [
        str(tmp_path / "b.jpg"),
        str(tmp_path / "c.png"),
    ]
    assert all(line.endswith("; left out") for line in lines)


def test_a_folder_of_damaged_pictures_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "b.jpg").write_text("no picture")
    with pytest.raises(SourceError, match="none of its pictures can be read"):
        read_all(source(tmp_path))


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(SourceError, match=r"no pictures in it; looked for .bmp .jpeg .jpg"):
        source(tmp_path).__enter__()


def test_a_folder_that_is_absent_or_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or directory"):
        source(tmp_path / "none").__enter__()
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match="not a directory"):
        source(tmp_path / "file").__enter__()


def test_opened_again_it_begins_anew_and_the_numbers_go_on(images: Path, tmp_path: Path) -> None:
    shutil.copy(images / "owl.jpg", tmp_path)
    folder = source(tmp_path)
    assert [frame.seq for frame in read_all(folder) + read_all(folder)] == [0, 1]
    assert not folder.live
