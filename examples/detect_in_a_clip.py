"""When does something appear in a clip, and when is it gone?

    python examples/detect_in_a_clip.py train.mp4

A clip's frames carry its own time, however fast they are read. A thing that is missed for half a
second is gone; a missed frame or two mean nothing.
"""

import sys

from edgeinfer.assembly import open_pipeline, open_source
from edgeinfer.core.results import Detection

GONE_S = 0.5
pipeline = open_pipeline("coco_ssd_mobilenet_v1", min_score=0.6)
last_seen_s: dict[str, float] = {}
with open_source(sys.argv[1]) as source:
    began_ns = None
    for frame in iter(source.read, None):
        began_ns = began_ns or frame.captured_ns
        now_s = (frame.captured_ns - began_ns) / 1e9
        for found in pipeline.run(frame).findings:
            if isinstance(found, Detection):
                if found.label not in last_seen_s:
                    print(f"{now_s:5.1f} s  {found.label} appears")
                last_seen_s[found.label] = now_s
        for label, seen_s in list(last_seen_s.items()):
            if now_s - seen_s > GONE_S:
                print(f"{now_s:5.1f} s  {label} is gone, last seen at {seen_s:.1f} s")
                del last_seen_s[label]
