"""Makes the pictures of this folder: `python docs/images/make.py` (COCO SSD must be there)."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from edgeinfer import picture
from edgeinfer.assembly import open_pipeline, open_source
from edgeinfer.core.results import Detection, Result
from edgeinfer.sinks.trails import Trails
from edgeinfer.trackers.iou import IouTracker

HERE = Path(__file__).parent


def found_in(result: Result) -> picture.Pixels:
    return picture.draw(result.frame.rgb, result.findings)


def snapshot(results: list[Result]) -> picture.Pixels:
    """The last of them as the sink `snapshots` draws it, of a zone beside the road."""
    tracker, trails = IouTracker(), Trails()
    for result in results:
        found = [one for one in result.findings if isinstance(one, Detection)]
        followed = tracker.update(found, result.frame.captured_ns)
        shown = replace(result, findings=tuple(followed))
        trails.add(shown)
    zone = ((0.3, 0.1), (0.68, 0.1), (0.8, 0.95), (0.2, 0.95))
    ways = trails.until(shown.frame.captured_ns)
    words = "road  occupied  2026-11-25 12:00:00"
    return picture.draw(shown.frame.rgb, shown.findings, place=zone, trails=ways, caption=words)


def main() -> None:
    pipeline = open_pipeline("coco_ssd_mobilenet_v1")
    with open_source("synthetic:signs", frames=90, size=(480, 360)) as source:
        results = [pipeline.run(frame) for frame in iter(source.read, None)]
    found = [result for result in results if result.findings]
    three = [found_in(found[len(found) * share // 8]) for share in (1, 4, 7)]
    gap = np.full((360, 8, 3), 255, np.uint8)
    picture.save(HERE / "signs.png", np.hstack([three[0], gap, three[1], gap, three[2]]))
    picture.save(HERE / "snapshot.png", snapshot(found[: len(found) // 2]))


if __name__ == "__main__":
    main()
