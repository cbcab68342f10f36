"""Selection: the findings that a rule is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Annotated

from annotated_types import Gt, Le

from edgeinfer.core.results import Classification, Detection, Finding

Named = Classification | Detection

_USUAL_SCORE = 0.5  # the threshold of a label that names none: that of most models
_ONE_OBJECT = 0.7  # boxes of two labels that overlap so much are one object


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelOptions:
    """The options that every rule shares.

    `labels` are treated as one; none: every label. `scores`: a finding of that label below it is
    left out, beyond what the model's own `min_score` leaves out.
    """

    labels: tuple[str, ...] = ()
    scores: Mapping[str, Annotated[float, Gt(0), Le(1)]] = field(default_factory=dict)

    def wants(self, label: str, score: float) -> bool:
        return (not self.labels or label in self.labels) and score >= self.scores.get(label, 0.0)

    def strength(self, finding: Named) -> float:
        """The score on one scale for all labels: a label's own threshold counts as 0.5."""
        least = self.scores.get(finding.label, _USUAL_SCORE)
        return min(finding.score * _USUAL_SCORE / least, 1.0)

    def findings(self, found: Iterable[Finding]) -> list[Named]:
        """What is wanted, classifications as well as detections."""
        named = [f for f in found if isinstance(f, Classification | Detection)]
        return [finding for finding in named if self.wants(finding.label, finding.score)]

    def objects(self, found: Iterable[Finding]) -> list[Detection]:
        """The detections that are wanted, each object once.

        A detector suppresses double boxes within a label, not across labels.
        """
        wanted = [f for f in self.findings(found) if isinstance(f, Detection)]
        wanted.sort(key=_oldest_first)
        kept: list[Detection] = []
        for detection in wanted:
            if not any(_is_same(detection, other) for other in kept):
                kept.append(detection)
        return kept


def clearest(found: Sequence[Named], options: LabelOptions) -> Named | None:
    """The strongest of the findings."""
    return max(found, key=options.strength, default=None)


def _oldest_first(detection: Detection) -> tuple[float, float]:
    return (inf if detection.track is None else detection.track), -detection.score


def _is_same(one: Detection, other: Detection) -> bool:
    return one.label != other.label and one.box.iou(other.box) >= _ONE_OBJECT
