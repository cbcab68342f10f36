"""How many people are there? A line for each frame that has another number of them than before.

    python examples/count_people.py 0              a USB camera
    python examples/count_people.py pictures/      a folder; also a clip, rtsp://…, picamera:0

A loop of one's own around a pipeline; `edgeinfer run` is the same with threads, so that a slow
broker or a slow model never makes an old picture of a new one.
"""

import sys

from edgeinfer.assembly import open_pipeline, open_source

pipeline = open_pipeline("coco_ssd_mobilenet_v1", allow=["person"], min_score=0.4)
before = -1
with open_source(sys.argv[1]) as source:
    for frame in iter(source.read, None):
        people = len(pipeline.run(frame).findings)
        if people != before:
            print(f"{frame.source} {frame.seq}: {people}", flush=True)
        before = people
