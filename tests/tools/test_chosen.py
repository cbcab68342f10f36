from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.errors import ConfigError, ModelError
from edgeinfer.tools import chosen


def test_a_path_is_the_file_itself(tmp_path: Path) -> None:
    path = tmp_path / "own.tflite"
    path.touch()
    assert chosen.find(str(path)) == chosen.Chosen("own", path, None)


def test_a_menu_name_is_the_weights_and_what_they_need(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEINFER_MODELS", str(models))
    found = chosen.find("mobilenet_v1_0.25_128_edgetpu")
    assert found.path == models / "mobilenet_v1_0.25_128_quant_edgetpu.tflite"
    assert (found.name, found.delegate) == ("mobilenet_v1_0.25_128_edgetpu", "libedgetpu.so.1")


def test_wrong_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEINFER_MODELS", str(tmp_path))
    (tmp_path / "mobilenet_v1_0.25_128_quant.tflite").write_bytes(b"wrong")
    with pytest.raises(ModelError, match="pull it again"):
        chosen.find("mobilenet_v1_0.25_128")


def test_what_is_neither_file_nor_menu_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file"):
        chosen.find(str(tmp_path / "absent.tflite"))
    with pytest.raises(ModelError, match="is a folder"):
        chosen.find(str(tmp_path))
    with pytest.raises(ConfigError, match="did you mean"):
        chosen.find("mobilenet_v1_0.25_129")
