"""iou: the box that overlaps an object's expected place most is that object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Annotated

from annotated_types import Ge, Gt, Le

from edgeinfer.core.patience import Patience
from edgeinfer.core.results import Detection
from edgeinfer.trackers.motion import Motion, edges, grown, overlap

_STRANGE_LABEL = 0.5  # of its overlap is what a box with another label than the track's counts

Pair = tuple[bool, float, int, int]
"""Faint or not, minus the weight, index of the track, index of the detection: best first."""


@dataclass(slots=True)
class _Track:
    number: int
    label: str
    motion: Motion


class IouTracker:
    """Numbers from 1, never used twice.

    Matching is two-stage: clear boxes choose first, then faint ones. Within a stage it is greedy,
    the best pair first: for the few boxes of one camera it finds what an optimal assignment finds,
    except where two objects are about equally near to both boxes, and there neither knows.
    """

    @dataclass(frozen=True, slots=True)
    class Options:
        """`clear_score`: boxes from here on choose first. Below `new_score` a box begins no track.

        `min_iou`: overlap with the expected place. `keep_s`: unseen for so long, and in the last
        three frames, a number is gone. `across_labels`: a track survives a change of the model's
        mind about the label.
        """

        clear_score: Annotated[float, Ge(0), Le(1)] = 0.5
        new_score: Annotated[float, Ge(0), Le(1)] = 0.0
        min_iou: Annotated[float, Gt(0), Le(1)] = 0.2
        keep_s: Annotated[float, Gt(0), Le(3600)] = 3.0
        across_labels: bool = True

    def __init__(self, options: Options | None = None) -> None:
        self._options = options or self.Options()
        self._patience = Patience(self._options.keep_s)
        self._numbers = count(1)
        self._tracks: list[_Track] = []

    def update(self, detections: Sequence[Detection], captured_ns: int) -> Sequence[Detection]:
        """The same detections in the same order, with their `track`."""
        gone_ns = self._patience.update(captured_ns)
        self._tracks = [track for track in self._tracks if track.motion.seen_ns >= gone_ns]
        owners = self._match(detections, captured_ns)
        return tuple(
            self._follow(detection, owners.get(index), captured_ns)
            for index, detection in enumerate(detections)
        )

    def _match(self, detections: Sequence[Detection], captured_ns: int) -> dict[int, _Track]:
        """The track of each detection that continues one, by the detection's index."""
        owners: dict[int, _Track] = {}
        taken: set[int] = set()
        for _, _, track, detection in sorted(self._pairs(detections, captured_ns)):
            if track not in taken and detection not in owners:
                owners[detection] = self._tracks[track]
                taken.add(track)
        return owners

    def _pairs(self, detections: Sequence[Detection], captured_ns: int) -> Iterator[Pair]:
        options = self._options
        boxes = [edges(detection.box) for detection in detections]
        for index, track in enumerate(self._tracks):
            expected, growth = track.motion.predict(captured_ns), track.motion.growth(captured_ns)
            reach = grown(expected, growth)
            for number, detection in enumerate(detections):
                near = overlap(reach, grown(boxes[number], growth))
                same = detection.label == track.label
                if near >= options.min_iou and (same or options.across_labels):
                    weight = near + overlap(expected, boxes[number])
                    weight = weight if same else weight * _STRANGE_LABEL
                    yield detection.score < options.clear_score, -weight, index, number

    def _follow(self, detection: Detection, track: _Track | None, captured_ns: int) -> Detection:
        if track is None:
            return self._begin(detection, captured_ns)
        track.label = detection.label
        track.motion.correct(detection.box, captured_ns)
        return replace(detection, track=track.number)

    def _begin(self, detection: Detection, captured_ns: int) -> Detection:
        if detection.score < self._options.new_score:
            return detection
        track = _Track(next(self._numbers), detection.label, Motion(detection.box, captured_ns))
        self._tracks.append(track)
        return replace(detection, track=track.number)
