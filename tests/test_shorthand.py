from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeinfer import shorthand
from edgeinfer.errors import PluginError


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("0", {"type": "v4l2", "device": "0"}),
        ("/dev/video2", {"type": "v4l2", "device": "/dev/video2"}),
        ("picamera:1", {"type": "picamera", "camera": 1}),
        ("picamera", {"type": "picamera"}),
        ("synthetic:signs", {"type": "synthetic", "scene": "signs"}),
        ("rtsp://cam/1", {"type": "video", "uri": "rtsp://cam/1"}),
        ("http://cam:8080/x", {"type": "video", "uri": "http://cam:8080/x"}),
        ("clip.mp4", {"type": "video", "uri": "clip.mp4"}),
        ("odd:name.mp4", {"type": "video", "uri": "odd:name.mp4"}),
    ],
)
def test_a_source_in_one_word(text: str, table: dict[str, Any]) -> None:
    assert shorthand.source_table(text) == table


def test_a_folder_is_a_source(tmp_path: Path) -> None:
    assert shorthand.source_table(str(tmp_path)) == {"type": "folder", "path": str(tmp_path)}


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("jsonl:-", {"type": "jsonl", "path": "-"}),
        ("jsonl:a:b.jsonl", {"type": "jsonl", "path": "a:b.jsonl"}),
        ("jsonl:/var/x", {"type": "jsonl", "path": "/var/x"}),
        ("mqtt://h:1883", {"type": "mqtt", "uri": "mqtt://h:1883"}),
        ("mqtts://h", {"type": "mqtts", "uri": "mqtts://h"}),
    ],
)
def test_a_sink_in_one_word(text: str, table: dict[str, Any]) -> None:
    assert shorthand.sink_table(text) == table


def test_a_sink_of_an_unknown_kind_is_told_with_the_nearest() -> None:
    with pytest.raises(PluginError, match="sink 'jsnl': unknown; did you mean 'jsonl'?"):
        shorthand.sink_table("jsnl:-")


def test_a_model_in_one_word() -> None:
    assert shorthand.model_table("coco") == {"name": "coco"}
    assert shorthand.model_table("x.tflite") == {"path": "x.tflite"}
    assert shorthand.model_table("models/x") == {"path": "models/x"}
