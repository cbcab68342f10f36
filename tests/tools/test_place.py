from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.errors import ConfigError
from edgeinfer.tools import place


def test_a_good_place_is_left_as_it_was(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text("old")
    place.check(old)
    place.check(tmp_path / "new.json")
    assert list(tmp_path.iterdir()) == [old]
    assert old.read_text() == "old"


@pytest.mark.parametrize("path", ["/proc/x.json", "/dev/null", "/nowhere/x.json", "/proc"])
def test_a_place_that_takes_no_file_is_one_line(path: str) -> None:
    with pytest.raises(ConfigError, match=f"^{path}: ") as caught:
        place.check(Path(path))
    assert "\n" not in str(caught.value)
