"""What does a picture show?

    python examples/classify_a_picture.py cat.jpg

The model is fetched the first time; EDGEINFER_MODELS names a folder that has it already.
"""

import sys
from pathlib import Path

from edgeinfer import picture
from edgeinfer.assembly import open_pipeline
from edgeinfer.core.frame import Frame
from edgeinfer.core.results import Classification

pipeline = open_pipeline("mobilenet_v2_1.0_224")
frame = Frame(picture.load(Path(sys.argv[1])), seq=0, captured_ns=0, wall_ns=0)
for found in pipeline.run(frame).findings:
    if isinstance(found, Classification):
        print(f"{found.score:4.0%}  {found.label}")
