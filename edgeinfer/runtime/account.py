"""Account: what the service says of itself: in health, at the end, and in events of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic, monotonic_ns, time_ns
from typing import Any

import numpy as np

from edgeinfer.core.frame import Frame
from edgeinfer.core.results import Event, Reading, Result, Timing
from edgeinfer.runtime.fallback import Fallback
from edgeinfer.runtime.flow import Flow
from edgeinfer.runtime.record import Record
from edgeinfer.runtime.report import Report

# A broker may be away when the service starts, and only the newest health is kept for it.
_LAST_EXIT_S = 600.0
_FPS_OVER_S = 5.0  # of fewer seconds the rate is that of chance


class Account:
    """Asked by every thread; it only looks at the others' counters."""

    def __init__(
        self,
        flow: Flow,
        record: Record,
        fallback: Fallback | None,
        *,
        accelerated: bool,
        endless: bool,
    ) -> None:
        self._began_s = monotonic()
        self._source = flow.source
        self._slot = flow.slot
        self._capture = flow.capture
        self._inference = flow.inference
        self._scheduler = flow.scheduler
        self._publisher = flow.publisher
        self._controls = flow.controls
        self._counted = (self._began_s, 0)
        self._result_fps: float | None = None
        self._record = record
        self._fallback = fallback
        self._accelerated = accelerated
        self._endless = endless
        record.describe(source=flow.source.name, **self._model())

    def begin(self) -> None:
        """After the first result: tell what happened before this run, now that this one works."""
        before = self._record.before
        if self._record.refused:  # the run before was only a try
            self.tell("service", "configuration_refused", self._refused())
        # What has an end is a job of its own, whatever was run before it.
        elif before and not before.in_good_order and self._endless:
            self.tell("service", "restarted", before.told())
        if self._fallback and self._fallback.active:
            self.tell("engine", "fallback", {**self._fallback.facts(), **self._model()})

    def tell(self, rule: str, kind: str, facts: Mapping[str, Any]) -> None:
        """Publish an event that no frame has caused: it has the time of now."""
        last = self._inference.last
        nothing = np.empty((0, 0, 3), np.uint8)
        seq = last.frame.seq if last else 0
        frame = Frame(nothing, seq, monotonic_ns(), time_ns(), self._source.name)
        result = Result(frame, self._inference.model, (), Timing(0, 0, 0, 0))
        self._publisher.publish(Event(rule, kind, result, facts))

    def camera_changed(self, before: str, after: str) -> None:
        """That it opens at the start is no news."""
        if before != "opening":
            self.tell("camera", after, {"from": before})

    def look(self, readings: Sequence[Reading]) -> None:
        """Twice a second, by the sensors' thread: what is remembered, and what is proven by now."""
        self._record.observe(readings)
        self._record.save_when_due(self.worst)
        if self._fallback and self._fallback.proven(self._inference.results):
            self.tell("engine", "restored", self._model())

    def worst(self) -> dict[str, Any]:
        """What the record keeps of this run besides the readings."""
        return {
            **self._model(),
            "longest_frame_age_s": round(self._capture.longest_age_s, 3),
            "counters": {
                "uptime_s": round(monotonic() - self._began_s, 1),
                **self._counts(),
                "reopened": self._capture.tries,
            },
        }

    def facts(self) -> dict[str, Any]:
        """What health says of the service."""
        scheduler = self._scheduler
        uptime_s = monotonic() - self._began_s
        return {
            "uptime_s": round(uptime_s, 1),
            **self._model(),
            "engine": self._engine(),
            "camera": self._capture.camera,
            "frame_age_s": _rounded(self._capture.frame_age_s()),
            "paused": self._controls.paused,
            "fps": self._fps(),
            "allowed_fps": _rounded(scheduler.allowed_fps),
            "duty": _rounded(scheduler.duty),
            "latency_ms": {
                "p50": _rounded(scheduler.latency_ms(0.5)),
                "p95": _rounded(scheduler.latency_ms(0.95)),
            },
            **self._counts(),
            **({"configuration": self._refused()} if self._record.refused else {}),
            **(self._last_exit() if uptime_s < _LAST_EXIT_S else {}),
        }

    def _fps(self) -> float | None:
        """Results a second since this was asked before, or of the time before that."""
        (before_s, before), now_s = self._counted, monotonic()
        if now_s - before_s >= _FPS_OVER_S:
            self._counted = now_s, self._inference.results
            self._result_fps = round((self._counted[1] - before) / (now_s - before_s), 2)
        return self._result_fps

    def report(self, *, stopped: bool) -> Report:
        inference = self._inference
        return Report(
            frames=self._capture.frames,
            results=inference.results,
            dropped=self._slot.dropped + inference.stale,
            still=inference.still,
            seconds=inference.ended_s - inference.began_s,
            stopped=stopped,
            sinks=self._publisher.reports(),
        )

    def _counts(self) -> dict[str, Any]:
        inference = self._inference
        return {
            "frames": self._capture.frames,
            "results": inference.results,
            "dropped": self._slot.dropped + inference.stale,
            "still": inference.still,
            "sinks": [
                {
                    "name": sink.name,
                    "delivered": sink.delivered,
                    "dropped": sink.dropped,
                    "waiting": sink.waiting,
                    "away": sink.away,
                }
                for sink in self._publisher.reports()
            ],
        }

    def _model(self) -> dict[str, str]:
        return {"model": self._inference.model}

    def _engine(self) -> dict[str, Any]:
        failed = self._fallback.facts() if self._fallback else {}
        return {"on": "delegate" if self._accelerated else "cpu", **failed}

    def _refused(self) -> dict[str, Any]:
        return {"problems": list(self._record.refused)}

    def _last_exit(self) -> dict[str, Any]:
        before = self._record.before
        return {"last_exit": before.told()} if before else {}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
