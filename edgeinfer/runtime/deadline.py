"""Deadlines: what hangs, seen from the main thread. A thread inside a driver cannot be joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from edgeinfer.errors import EdgeinferError, EngineError, SourceError
from edgeinfer.runtime.capture import Capture
from edgeinfer.runtime.delivery import Delivery
from edgeinfer.runtime.inference import Inference
from edgeinfer.runtime.vitals import Vitals

# The first run of a delegate loads firmware and lays out memory: 3 s on a Coral by USB, and an SD
# card that is just starting up is slower than that.
_FIRST_INVOKE_S = 60.0

SOURCE_S = 45.0
"""A source raises after its own `stall_s`, some 10 s; one that does not for so long cannot. Less
than the minute of the watchdog, which could not say why."""

SINK_S = 30.0
"""A sink answers within about a second, with an error if need be."""

SENSOR_S = 10.0
"""A sensor reads small files, or asks the firmware, which has a second for it."""


class Deadlines:
    """Looked at about once a second; what is late in two looks in a row hangs.

    One look is not enough: a process that was stopped and goes on finds everything late.
    """

    def __init__(  # noqa: PLR0913 - the limits and the clock are what a test holds in its hand
        self,
        inference: Inference,
        capture: Capture,
        source: str,
        *,
        invoke_limit_s: float,
        source_limit_s: float = SOURCE_S,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._inference = inference
        self._capture = capture
        self._source = source
        self._invoke_limit_s = invoke_limit_s
        self._source_limit_s = source_limit_s
        self._clock = clock
        self._late_since_s: float | None = None

    def look(self) -> EdgeinferError | None:
        """What to end with, if something hangs."""
        found = self._late(self._inference.running_since_s, self._invoke_s(), self._engine_hangs)
        found = found or self._late(
            self._capture.reading_since_s, self._source_limit_s, self._source_hangs
        )
        began_s, error = found or (None, None)
        again = began_s is not None and began_s == self._late_since_s
        self._late_since_s = began_s
        return error if again else None

    def _late(
        self, began_s: float | None, limit_s: float, error: Callable[[float], EdgeinferError]
    ) -> tuple[float, EdgeinferError] | None:
        if began_s is None or self._clock() - began_s <= limit_s:
            return None
        return began_s, error(limit_s)

    def _invoke_s(self) -> float:
        limit_s = self._invoke_limit_s
        return limit_s if self._inference.results else max(limit_s, _FIRST_INVOKE_S)

    def _engine_hangs(self, limit_s: float) -> EdgeinferError:
        return EngineError(
            f"model {self._inference.model}: one run has not ended within {limit_s:g} s; "
            "the accelerator or the interpreter hangs (model.invoke_limit_s)"
        )

    def _source_hangs(self, limit_s: float) -> EdgeinferError:
        return SourceError(
            f"{self._source}: has not returned from its driver for {limit_s:g} s; "
            "look at the camera and its cable"
        )


def stuck(deliveries: Sequence[Delivery], clock: Callable[[], float] = monotonic) -> list[str]:
    """The sinks that are inside a call which does not return; one that is away is none of them."""
    now_s = clock()
    since = {delivery.name: delivery.inside_since_s for delivery in deliveries}
    return [name for name, began_s in since.items() if began_s and now_s - began_s > SINK_S]


class SensorWatch:
    """Looked at about once a second; a sensor that is late in two looks in a row hangs."""

    def __init__(self, vitals: Vitals, clock: Callable[[], float] = monotonic) -> None:
        self._vitals = vitals
        self._clock = clock
        self._late_looks = 0

    def look(self) -> str | None:
        """The sensor that hangs, once for each time."""
        name, since_s = self._vitals.reading or (None, self._clock())
        late = self._clock() - since_s > SENSOR_S
        self._late_looks = self._late_looks + 1 if late else 0
        return name if self._late_looks == 2 else None
