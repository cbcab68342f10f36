"""One frame in, one result out: no threads, no clock but the stopwatch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter

from edgeinfer.core.contracts import Decoder, Engine, Tracker
from edgeinfer.core.frame import Frame
from edgeinfer.core.geometry import Placement
from edgeinfer.core.results import Binds, Detection, Finding, Result, Timing
from edgeinfer.core.tensor import Array


class Pipeline:
    """prepare, run, decode, track. It may be called from any one thread at a time."""

    def __init__(  # noqa: PLR0913 - each is one part of the pipeline, by name
        self,
        model: str,
        prepare: Callable[[Frame], tuple[Array, Placement]],
        engine: Engine,
        decoder: Decoder,
        tracker: Tracker | None = None,
        *,
        labels: tuple[str, ...] = (),
    ) -> None:
        """`labels`: all that the model knows; none where nobody says."""
        self.model = model
        self.engine = engine
        self.labels = labels
        self._prepare = prepare
        self._decoder = decoder
        self._tracker = tracker

    def run(self, frame: Frame, waited_ms: float = 0.0, binds: Binds = "nothing") -> Result:
        """What the model finds in the frame; the result's timing repeats the other arguments.

        Raises: EngineError: the interpreter or its delegate gave up.
        """
        began = perf_counter()
        tensor, placement = self._prepare(frame)
        prepared = perf_counter()
        outputs = self.engine.run(tensor)
        invoked = perf_counter()
        findings = self._decoder.decode(outputs, placement)
        if self._tracker is not None:
            findings = _track(self._tracker, findings, frame.captured_ns)
        timing = Timing(
            waited_ms=waited_ms,
            prepare_ms=(prepared - began) * 1000,
            invoke_ms=(invoked - prepared) * 1000,
            decode_ms=(perf_counter() - invoked) * 1000,
            binds=binds,
        )
        return Result(frame, self.model, findings, timing)


def _track(tracker: Tracker, findings: Iterable[Finding], captured_ns: int) -> tuple[Finding, ...]:
    others = [finding for finding in findings if not isinstance(finding, Detection)]
    detections = [finding for finding in findings if isinstance(finding, Detection)]
    return (*tracker.update(detections, captured_ns), *others)
