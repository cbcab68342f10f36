"""A configuration with the motion gate, on a real clip."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.running import SSD, Edgeinfer

FIRST = 28  # the train's first frame, by truth.json
HOLD_FRAMES = 6  # at 30 fps


_CONFIG = f"""
[source]
type = "video"
uri = "CLIP"
[model]
name = "{SSD}"
[motion]
hold_s = 0.2
[[rule]]
type = "passage"
name = "train"
labels = ["train"]
[[sink]]
type = "jsonl"
path = "out.jsonl"
"""


def test_the_train_is_one_passage_from_fewer_frames(
    edgeinfer: Edgeinfer, clips: Path, tmp_path: Path
) -> None:
    (tmp_path / "c.toml").write_text(_CONFIG.replace("CLIP", str(clips / "train_day.mp4")))
    done = edgeinfer("-c", "c.toml", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    seen = [row["seq"] for row in rows if row["type"] == "result"]
    assert report["results"] == len(seen) == report["frames"] - report["still"]
    assert seen[: HOLD_FRAMES + 1] == list(range(HOLD_FRAMES + 1)), "the first look"
    assert report["still"] > (FIRST - HOLD_FRAMES) / 2, "before the train"
    assert set(range(FIRST, FIRST + 120)) <= set(seen), "and all of the train"
    started, ended = (row for row in rows if row["type"] == "event")
    assert (started["kind"], ended["kind"]) == ("started", "ended")
    assert ended["facts"]["direction"] == "right_to_left"
