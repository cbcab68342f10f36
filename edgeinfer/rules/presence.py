"""presence: a label is here, or gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Gt, Le

from edgeinfer.core.about import Shown
from edgeinfer.core.results import Event, Result
from edgeinfer.rules.selection import LabelOptions, clearest
from edgeinfer.rules.smoothing import GONE, HERE, Presence
from edgeinfer.rules.span import span


class PresenceRule:
    """`here` and `gone`, once each, of detections and of classifications."""

    shows: ClassVar[Mapping[str, Shown]] = {"present": Shown("yes_no")}
    kinds: ClassVar[tuple[str, ...]] = ("here", "gone")

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Options(LabelOptions):
        """Scores are smoothed over `settle_s`; `here_score` for coming, `gone_score` for going."""

        settle_s: Annotated[float, Gt(0), Le(3600)] = 0.5
        here_score: Annotated[float, Gt(0), Le(1)] = HERE
        gone_score: Annotated[float, Gt(0), Le(1)] = GONE

        def __post_init__(self) -> None:
            if self.gone_score >= self.here_score:
                raise ValueError(
                    f"gone_score {self.gone_score:g} should be below "
                    f"here_score {self.here_score:g}: between the two nothing changes"
                )

    def __init__(self, name: str, options: Options | None = None) -> None:
        self.name = name
        self._options = options = options or self.Options()
        self._presence = Presence(
            options.settle_s, here=options.here_score, gone=options.gone_score
        )
        self._label, self._peak = "", 0.0

    @property
    def state(self) -> Mapping[str, Any]:
        return {"present": self._presence.here}

    def update(self, result: Result) -> Sequence[Event]:
        found = clearest(self._options.findings(result.findings), self._options)
        if found and not self._presence.pending:
            self._label, self._peak = found.label, 0.0
        if found and found.score > self._peak:
            self._label, self._peak = found.label, found.score
        was_here = self._presence.here
        strength = self._options.strength(found) if found else 0.0
        self._presence.update(strength, result.frame.captured_ns)
        if self._presence.here == was_here:
            return ()
        return (self._event(result, "gone" if was_here else "here"),)

    def _event(self, result: Result, kind: str) -> Event:
        facts: dict[str, Any] = {"label": self._label, "score": round(self._peak, 4)}
        presence = self._presence
        times = span(result.frame, presence.first_ns, presence.last_ns if kind == "gone" else None)
        return Event(self.name, kind, result, facts | times)
