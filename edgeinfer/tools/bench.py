"""Bench: what this board really gives a model; `bench` asks it all and answers with a `Report`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from edgeinfer.engines import probe
from edgeinfer.engines.litert import LitertEngine, cores, runtime_name
from edgeinfer.tools import board
from edgeinfer.tools.chosen import Chosen
from edgeinfer.tools.footprint import Footprint, footprint
from edgeinfer.tools.machine import Machine
from edgeinfer.tools.others import Others
from edgeinfer.tools.peak import DTYPES, Peak, gmacs, peak
from edgeinfer.tools.profile import Profile, profile
from edgeinfer.tools.sustained import Sustained, sustained
from edgeinfer.tools.sweep import Sweep, sweep
from edgeinfer.tools.timing import ENOUGH_RUNS, Percentiles, Ratio, interleaved, warm_up
from edgeinfer.tools.trial import Trial
from edgeinfer.tools.workload import Workload, workload

OnProgress = Callable[[str, float], None]
"""(what is being measured, how much of it is done, from 0 to 1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked; `other` is timed beside the model, run by run.

    `quick`: the invoke alone, without memory, peak and thread sweep.
    """

    model: Chosen
    threads: int | None = None
    runs: int | None = None
    delegate: str | None = None
    other: Chosen | None = None
    sustained_s: float | None = None
    profile: bool = False
    quick: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """`ratio`: how many times as long the other takes as the model; None: too few pairs."""

    name: str
    delegate: str | None
    invoke_ms: Percentiles
    ratio: Ratio | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """None: it could not be measured, or was not asked for.

    `profile` and `peak` may be the reason why not.
    """

    model: Chosen
    threads: int
    delegate: str | None
    board: str
    cores: int
    runtime: str
    date: str
    load_ms: float
    samples_ms: tuple[float, ...]
    workload: Workload
    peak: Peak | str | None
    memory: Footprint | None
    sweep: Sweep | None
    sustained: Sustained | None
    profile: Profile | str | None
    compared: Compared | None
    others_share: float | None  # of the processor, that other programs took meanwhile

    @property
    def invoke_ms(self) -> Percentiles:
        return Percentiles.of(self.samples_ms)

    @property
    def gmacs(self) -> float | None:
        """Thousand million multiply-accumulates a second, in the median run."""
        macs = self.workload.macs
        return None if macs is None else gmacs(macs, self.invoke_ms.p50)

    @property
    def gflops(self) -> float | None:
        """Two for each multiply-accumulate."""
        return None if self.gmacs is None else 2 * self.gmacs

    @property
    def peak_share(self) -> float | None:
        if self.gmacs is None or not isinstance(self.peak, Peak):
            return None
        return self.gmacs / self.peak.gmacs

    @property
    def is_enough(self) -> bool:
        """Whether there are runs enough to conclude something from."""
        return len(self.samples_ms) >= ENOUGH_RUNS


def bench(request: Request, on_progress: OnProgress = lambda *_: None) -> Report:
    """Seconds to minutes; the board is cold when the first and most important number is taken.

    Raises: ModelError: the file is no model, is damaged, or cannot be run here.
    Raises: EngineError: there is no interpreter, or the delegate does not work.
    """
    model, delegate = request.model, request.delegate or request.model.delegate
    work = workload(model.path)
    probe.check(probe.task(LitertEngine, model.path, delegate))
    other = rival(request)
    others = Others()
    used = _footprint(request, delegate, on_progress)
    trial = Trial(model.path, request.threads, delegate)
    samples_ms = _invokes(trial, request.runs, on_progress)
    return Report(
        model=model,
        threads=trial.threads,
        delegate=delegate,
        board=board.name(Machine()),
        cores=cores(),
        runtime=runtime_name(),
        date=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        load_ms=trial.load_ms,
        samples_ms=tuple(samples_ms),
        workload=work,
        memory=used,
        peak=None if request.quick else _peak(work, trial.threads, delegate, on_progress),
        sustained=_sustained(trial, request.sustained_s, on_progress),
        compared=_compared(trial, other, request.runs, on_progress),
        sweep=None if request.quick or delegate else _sweep(model.path, request.runs, on_progress),
        profile=_profile(trial, request, on_progress),
        others_share=others.share(),
    )


def _footprint(request: Request, delegate: str | None, on_progress: OnProgress) -> Footprint | None:
    if request.quick:
        return None
    on_progress("memory", 0.0)
    return footprint(request.model.path, request.threads, delegate)


def _invokes(trial: Trial, runs: int | None, on_progress: OnProgress) -> list[float]:
    on_progress("warm-up", 0.0)
    warm_up(trial.time_ms)
    (samples_ms,) = interleaved([trial.time_ms], runs, lambda share: on_progress("invoke", share))
    return samples_ms


def _peak(
    work: Workload, threads: int, delegate: str | None, on_progress: OnProgress
) -> Peak | str:
    """As often as it needs, however few runs are asked of the model. Else why there is none."""
    if delegate:
        return f"the peak is measured on the CPU, and {delegate} runs the model"
    if not work.macs:
        return "no multiply-accumulates are counted that a share of the peak could be told from"
    if work.dtype not in DTYPES:
        return f"there are no plain convolutions in {work.dtype} to measure a peak with"
    on_progress("peak of this machine", 0.0)
    return peak(work.dtype, threads)


def _sweep(path: Path, runs: int | None, on_progress: OnProgress) -> Sweep:
    return sweep(path, range(1, cores() + 1), lambda share: on_progress("threads", share), runs)


def _sustained(trial: Trial, seconds: float | None, on_progress: OnProgress) -> Sustained | None:
    if seconds is None:
        return None
    return sustained(trial.time_ms, seconds, lambda share: on_progress("sustained", share))


def rival(request: Request) -> Chosen | None:
    """The other model, with the delegate that was asked for, or else the one that it needs.

    Asked first: minutes of measuring are not to end at a file that is no model.
    """
    other = request.other
    if other is None:
        return None
    workload(other.path)
    return replace(other, delegate=request.delegate or other.delegate)


def _compared(
    trial: Trial, other: Chosen | None, runs: int | None, on_progress: OnProgress
) -> Compared | None:
    if other is None:
        return None
    beside = Trial(other.path, trial.threads, other.delegate)
    warm_up(beside.time_ms)
    own_ms, other_ms = interleaved(
        [trial.time_ms, beside.time_ms], runs, lambda share: on_progress("compare", share)
    )
    ratio = Ratio.of(own_ms, other_ms) if len(own_ms) >= ENOUGH_RUNS else None
    return Compared(other.name, other.delegate, Percentiles.of(other_ms), ratio)


def _profile(trial: Trial, request: Request, on_progress: OnProgress) -> Profile | str | None:
    if not request.profile:
        return None
    on_progress("profile", 0.0)
    delegate = request.delegate or request.model.delegate
    return profile(request.model.path, trial.threads, trial.tensor, delegate)
