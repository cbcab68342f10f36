"""Makes the pictures of this folder: `python docs/images/make.py` (COCO SSD must be there)."""

from pathlib import Path

import numpy as np

from edgeinfer import picture
from edgeinfer.assembly import open_pipeline, open_source
from edgeinfer.core.results import Result

HERE = Path(__file__).parent


def drawn(result: Result) -> picture.Pixels:
    return picture.draw(result.frame.rgb, result.findings)


def main() -> None:
    pipeline = open_pipeline("coco_ssd_mobilenet_v1")
    with open_source("synthetic:signs", frames=90, size=(480, 360)) as source:
        results = [pipeline.run(frame) for frame in iter(source.read, None)]
    found = [result for result in results if result.findings]
    three = [drawn(found[len(found) * share // 8]) for share in (1, 4, 7)]
    gap = np.full((360, 8, 3), 255, np.uint8)
    picture.save(HERE / "signs.png", np.hstack([three[0], gap, three[1], gap, three[2]]))


if __name__ == "__main__":
    main()
