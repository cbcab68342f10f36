"""What happened in a drawn scene, what rules told of it, and which of them belong together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from edgeinfer.core.results import Event
from edgeinfer.sources.scenes.scene import SceneEvent

# Two trains with less than that between them are one passage (docs/rules.md), the rule's `gap_s`.
_GAP_S = 0.8
_EARLY_S, _LATE_S = 4.0, 8.0  # of a bay: a car is in it before it rests, and after it starts

Span = tuple[float, float]


@dataclass(frozen=True)
class Happening:
    """`what` and `where` have to agree; it lasts from `begin_s` to `end_s`, a change for no time.

    `told_s` is when it was told, for what rules say; for a passage its beginning and its end.
    """

    where: str
    what: str
    begin_s: float
    end_s: float
    told_s: tuple[float, ...] = ()


@dataclass(frozen=True)
class Match:
    pairs: list[tuple[Happening, Happening]]
    missed: list[Happening]
    false: list[Happening]

    @property
    def delays_s(self) -> list[float]:
        """Of each telling: how long after it was so."""
        return [
            told - true
            for truth, said in self.pairs
            for told, true in zip(said.told_s, (truth.begin_s, truth.end_s), strict=False)
        ]


def of_scene(events: Sequence[SceneEvent]) -> list[Happening]:
    """Passages of trains, and changes of bays."""
    stays = [event for event in events if event.kind == "occupied"]
    return [*_passages(event for event in events if event.kind == "passage"), *_changes(stays)]


def of_rules(events: Sequence[Event], first_ns: int) -> list[Happening]:
    """What rules told since the frame that was captured at `first_ns`."""
    return [*_told_passages(events, first_ns), *_told_changes(events, first_ns)]


def _passages(events: Iterable[SceneEvent]) -> list[Happening]:
    """Trains that meet or follow closely are one, as the rule has it: `both` if they differ."""
    groups: list[list[SceneEvent]] = []
    for event in sorted(events, key=lambda one: one.start_s):
        if groups and event.start_s - max(one.end_s for one in groups[-1]) < _GAP_S:
            groups[-1].append(event)
        else:
            groups.append([event])
    return [_passage(group) for group in groups]


def _passage(group: Sequence[SceneEvent]) -> Happening:
    ways = {str(one.facts["direction"]) for one in group}
    end_s = max(one.end_s for one in group)
    return Happening("track", ways.pop() if len(ways) == 1 else "both", group[0].start_s, end_s)


def _changes(events: Iterable[SceneEvent]) -> Iterator[Happening]:
    """Of each bay."""
    for event in events:
        bay = f"bay {int(event.facts['bay']) + 1}"
        yield Happening(bay, "occupied", event.start_s, event.start_s)
        yield Happening(bay, "free", event.end_s, event.end_s)


def _told_passages(events: Sequence[Event], first_ns: int) -> Iterator[Happening]:
    """Each `started` with the `ended` that follows it."""
    for start, end in pairwise(events):
        if start.kind == "started" and end.kind == "ended":
            over = _at_s(end, first_ns) - _behind_s(end, "ended")
            begun = over - float(end.facts["duration_s"])
            told = _at_s(start, first_ns), _at_s(end, first_ns)
            yield Happening("track", str(end.facts["direction"]), begun, over, told)


def _told_changes(events: Iterable[Event], first_ns: int) -> Iterator[Happening]:
    for event in events:
        if event.kind in ("occupied", "free"):
            at_s = _at_s(event, first_ns)
            yield Happening(event.rule, event.kind, at_s, at_s, (at_s,))


def matched(truth: Sequence[Happening], told: Sequence[Happening], within: Span) -> Match:
    """Each with the nearest that agrees with it; what is not wholly `within` (s) does not count."""
    near = sorted(
        ((abs(one.begin_s - said.begin_s), true, number)
        for true, one in enumerate(truth) for number, said in enumerate(told) if _agree(one, said)),
    )  # fmt: skip
    partner: dict[int, int] = {}
    for _, true, number in near:
        if true not in partner and number not in partner.values():
            partner[true] = number
    taken = set(partner.values())
    return Match(
        [(truth[a], told[b]) for a, b in partner.items() if _counts(truth[a], within)],
        [t for a, t in enumerate(truth) if a not in partner and _counts(t, within)],
        [s for b, s in enumerate(told) if b not in taken and _counts(s, within)],
    )


def _agree(truth: Happening, said: Happening) -> bool:
    if (truth.where, truth.what) != (said.where, said.what):
        return False
    if truth.end_s > truth.begin_s:
        return said.begin_s <= truth.end_s and said.end_s >= truth.begin_s
    return -_EARLY_S <= said.begin_s - truth.begin_s <= _LATE_S


def _counts(one: Happening, within: Span) -> bool:
    return within[0] <= one.begin_s and one.end_s <= within[1]


def _at_s(event: Event, first_ns: int) -> float:
    return (event.result.frame.captured_ns - first_ns) / 1e9


def _behind_s(event: Event, fact: str) -> float:
    """How long after that time of its facts it was told."""
    then = datetime.fromisoformat(str(event.facts[fact])).timestamp()
    return event.result.frame.wall_ns / 1e9 - then
