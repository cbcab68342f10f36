"""Flow: the parts that a frame passes, for those who only look at them."""

from __future__ import annotations

from dataclasses import dataclass

from edgeinfer.core.contracts import Source
from edgeinfer.runtime.capture import Capture
from edgeinfer.runtime.controls import Controls
from edgeinfer.runtime.inference import Inference
from edgeinfer.runtime.publisher import Publisher
from edgeinfer.runtime.scheduler import Scheduler
from edgeinfer.runtime.slot import LatestSlot


@dataclass(frozen=True, slots=True)
class Flow:
    """In the order of a frame's way; `controls` are what people ask meanwhile."""

    source: Source
    capture: Capture
    slot: LatestSlot
    scheduler: Scheduler
    inference: Inference
    publisher: Publisher
    controls: Controls
