"""A picture with everything that was found drawn on it.

    python examples/draw_the_boxes.py cat.jpg out.png

The ending of the second name chooses the format.
"""

import sys
from pathlib import Path

from edgeinfer import picture
from edgeinfer.assembly import open_pipeline
from edgeinfer.core.frame import Frame

pixels = picture.load(Path(sys.argv[1]))
pipeline = open_pipeline("coco_ssd_mobilenet_v1", min_score=0.4)
result = pipeline.run(Frame(pixels, seq=0, captured_ns=0, wall_ns=0))
picture.save(Path(sys.argv[2]), picture.draw(pixels, result.findings))
print(f"{len(result.findings)} found in {result.timing.invoke_ms:.0f} ms")
