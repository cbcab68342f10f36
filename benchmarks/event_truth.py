"""What happened in a drawn scene, what rules told of it, and which of them belong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from edgeinfer.core.results import Event
from edgeinfer.sources.scenes.scene import Scene, SceneEvent

_EARLY_S, _LATE_S = 4.0, 8.0  # of a bay: a car is in it before it rests, and after it starts
_TRACK = "track"
# A train behind another one: nobody can tell what is hidden to more than that (as in evaluate.py).
_LEAST_VISIBLE, _LEAST_SEEN_S = 0.35, 1.0
_STEP_S = 0.25  # at which that is looked at

Span = tuple[float, float]


@dataclass(frozen=True)
class Happening:
    """`what` is so at `where` from `begin_s` to `end_s`; a change of a bay takes no time.

    `told_s` is when it was told, for what rules say; for a passage its beginning and its end.
    """

    where: str
    what: str
    begin_s: float
    end_s: float
    told_s: tuple[float, ...] = ()


@dataclass(frozen=True)
class Match:
    """What happened, `found` or `missed`; what was told, `right` or `false`."""

    found: list[Happening]
    missed: list[Happening]
    right: list[Happening]
    false: list[Happening]
    delays_s: list[float]


def trains(scene: Scene, seconds: float) -> list[Happening]:
    """Those of which enough can be seen for long enough."""
    seen = Counter(
        one.id
        for number in range(round(seconds / _STEP_S))
        for one in scene.draw(number * _STEP_S)[1]
        if one.label == "train" and one.visible_share >= _LEAST_VISIBLE
    )
    return [
        Happening(_TRACK, str(event.facts["direction"]), event.start_s, event.end_s)
        for event in scene.events(0.0, seconds)
        if seen[event.id] * _STEP_S >= _LEAST_SEEN_S
    ]


def changes(events: Iterable[SceneEvent]) -> list[Happening]:
    """Of each bay."""
    found = []
    for event in events:
        bay = f"bay {int(event.facts['bay']) + 1}"
        found.append(Happening(bay, "occupied", event.start_s, event.start_s))
        found.append(Happening(bay, "free", event.end_s, event.end_s))
    return found


def told_passages(events: Sequence[Event], first_ns: int) -> Iterator[Happening]:
    """Each `started` with the `ended` that follows it."""
    for start, end in pairwise(events):
        if start.kind == "started" and end.kind == "ended":
            over = _at_s(end, first_ns) - _behind_s(end, "ended")
            begun = over - float(end.facts["duration_s"])
            told = _at_s(start, first_ns), _at_s(end, first_ns)
            yield Happening(_TRACK, str(end.facts["direction"]), begun, over, told)


def told_changes(events: Iterable[Event], first_ns: int) -> Iterator[Happening]:
    for event in events:
        if event.kind in ("occupied", "free"):
            at_s = _at_s(event, first_ns)
            yield Happening(event.rule, event.kind, at_s, at_s, (at_s,))


def match_passages(truth: Sequence[Happening], told: Sequence[Happening], within: Span) -> Match:
    """A passage is right if its direction is that of the trains that it holds most of.

    Trains that meet may be one passage (docs/rules.md) in the direction `both`, or one each. Delays
    are those of passages of one train.
    """
    held = [[one for one in truth if _holds(said, one)] for said in told]
    right = [bool(ones) and said.what == _way(ones) for said, ones in zip(told, held, strict=True)]
    found = {one for ones, is_right in zip(held, right, strict=True) if is_right for one in ones}
    delays_s = [
        told_s - true_s
        for said, ones, is_right in zip(told, held, right, strict=True)
        if is_right and len(ones) == 1 and _counts(ones[0], within)
        for told_s, true_s in zip(said.told_s, (ones[0].begin_s, ones[0].end_s), strict=True)
    ]
    counted = [one for one in truth if _counts(one, within)]
    said_right = list(zip(told, right, strict=True))
    return Match(
        [one for one in counted if one in found],
        [one for one in counted if one not in found],
        [said for said, is_right in said_right if is_right and _counts(said, within)],
        [said for said, is_right in said_right if not is_right and _counts(said, within)],
        delays_s,
    )


def match_changes(truth: Sequence[Happening], told: Sequence[Happening], within: Span) -> Match:
    """Each with the nearest that agrees with it; what is not `within` (s) does not count."""
    near = sorted(
        (abs(one.begin_s - said.begin_s), true, number)
        for true, one in enumerate(truth)
        for number, said in enumerate(told)
        if _agree(one, said)
    )
    partner: dict[int, int] = {}
    for _, true, number in near:
        if true not in partner and number not in partner.values():
            partner[true] = number
    pairs = [(truth[a], told[b]) for a, b in partner.items() if _counts(truth[a], within)]
    taken = set(partner.values())
    return Match(
        [true for true, _ in pairs],
        [t for a, t in enumerate(truth) if a not in partner and _counts(t, within)],
        [said for _, said in pairs],
        [s for b, s in enumerate(told) if b not in taken and _counts(s, within)],
        [said.begin_s - true.begin_s for true, said in pairs],
    )


def _holds(said: Happening, train: Happening) -> bool:
    shared_s = min(said.end_s, train.end_s) - max(said.begin_s, train.begin_s)
    return shared_s >= (train.end_s - train.begin_s) / 2


def _way(ones: Sequence[Happening]) -> str:
    ways = {one.what for one in ones}
    return ways.pop() if len(ways) == 1 else "both"


def _agree(truth: Happening, said: Happening) -> bool:
    same = (truth.where, truth.what) == (said.where, said.what)
    return same and -_EARLY_S <= said.begin_s - truth.begin_s <= _LATE_S


def _counts(one: Happening, within: Span) -> bool:
    return within[0] <= one.begin_s and one.end_s <= within[1]


def _at_s(event: Event, first_ns: int) -> float:
    return (event.result.frame.captured_ns - first_ns) / 1e9


def _behind_s(event: Event, fact: str) -> float:
    """How long after that time of its facts it was told."""
    then = datetime.fromisoformat(str(event.facts[fact])).timestamp()
    return event.result.frame.wall_ns / 1e9 - then
