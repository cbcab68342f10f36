"""A report of `edgeinfer bench` for people: tables of at most 80 columns, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table

from edgeinfer.tools.bench import Compared, Report
from edgeinfer.tools.peak import Peak, gmacs
from edgeinfer.tools.profile import Profile
from edgeinfer.tools.sustained import Sustained, Window
from edgeinfer.tools.sweep import Sweep
from edgeinfer.tools.timing import ENOUGH_RUNS, Percentiles, Ratio

_MOST_WINDOWS = 10
_MOST_OPERATORS = 12
_QUIET = 0.1
_NO_DROP = 0.03  # less than that is the noise of the measurement


def parts(report: Report) -> Iterator[RenderableType]:
    yield f"{report.model.name} on {report.board}"
    yield f"{report.runtime}, {_threads(report.threads)} of {report.cores}{_delegate(report)}"
    yield ""
    yield _facts(report)
    if report.sweep:
        yield from ("", _sweep(report.sweep, report.workload.macs))
    if report.sustained:
        yield from ("", _heat(report.sustained))
    if isinstance(report.profile, Profile):
        yield from ("", _operators(report.profile))
    yield ""
    yield from sentences(report)


def sentences(report: Report) -> Iterator[str]:
    """What it means, in words."""
    yield f"{_speed(report)}{_advice(report)}."
    if report.sustained:
        yield _drop(report.sustained)
    if report.compared and report.compared.ratio:
        yield _ratio(report.model.name, report.compared, report.compared.ratio)
    if (report.others_share or 0) > _QUIET:
        taken = _percent(report.others_share or 0)
        yield f"Other programs took {taken} of the processor meanwhile: measure again."
    for reason in (report.peak, report.profile):
        if isinstance(reason, str):
            yield f"{reason[0].upper()}{reason[1:]}."
    if not report.is_enough:
        runs = "1 run is" if report.invoke_ms.runs == 1 else f"{report.invoke_ms.runs} runs are"
        yield f"{runs} too few to advise or compare: {ENOUGH_RUNS} are the least."


def _speed(report: Report) -> str:
    if report.gmacs is None:
        return f"{_number(1000 / report.invoke_ms.p50)} runs a second"
    speed = f"{_number(report.gmacs)} GMAC/s"
    if report.peak_share is None or not report.is_enough:
        return speed
    share = _percent(report.peak_share)
    return f"{speed}, {share} of what this processor reaches on plain convolutions"


def _advice(report: Report) -> str:
    sweep = report.sweep
    if sweep is None or sweep.gain is None or len(sweep.invoke_ms) == 1:
        return ""
    if sweep.recommended == 1:
        slower = "slower" if sweep.more_are_slower else "hardly faster"
        return f"; one thread is enough, more are {slower}"
    return f"; take {sweep.recommended} threads: {sweep.gain:.1f} times faster than one"


def _drop(sustained: Sustained) -> str:
    cold, hot = f"{_number(sustained.cold_fps)}", f"{_number(sustained.hot_fps)}"
    if sustained.drop < _NO_DROP:
        return f"Sustained: {hot} runs a second at the end, as at the start ({cold})."
    return f"Sustained: {cold} runs a second cold, {hot} hot: {_percent(sustained.drop)} less."


def _ratio(name: str, other: Compared, ratio: Ratio) -> str:
    band = f"(8 of 10 pairs: {ratio.p10:.2f} to {ratio.p90:.2f})"
    return f"{other.name} takes {ratio.median:.2f} times as long as {name} {band}."


def _facts(report: Report) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, words in facts(report):
        table.add_row(name, words)
    return table


def facts(report: Report) -> Iterator[tuple[str, str]]:
    """(name, value) of each line below the heading."""
    yield "invoke", _times(report.invoke_ms)
    if report.compared:
        yield report.compared.name, _times(report.compared.invoke_ms) + _ran_on(report)
    yield "load", f"{report.load_ms:.1f} ms"
    yield "work", _work(report)
    if isinstance(report.peak, Peak):
        yield "peak", f"{_number(report.peak.gmacs)} GMAC/s on {report.peak.dtype} convolutions"
    if report.memory:
        found = report.memory
        megabytes = (found.before_load_bytes, found.after_load_bytes, found.peak_bytes)
        before, after, peak = (f"{size / 1e6:.1f} MB" for size in megabytes)
        yield "memory", f"{before} before loading, {after} after, {peak} at most"


def _times(times: Percentiles) -> str:
    names = ("p50", "p90", "p99", "min")
    each = ", ".join(f"{name} {_number(getattr(times, name))}" for name in names)
    return f"{each} ms ({times.runs} run{'s' * (times.runs != 1)})"


def _work(report: Report) -> str:
    left_out = ", ".join(report.workload.uncounted)
    if report.workload.macs is None:
        return f"cannot be counted ({left_out})" if left_out else "no multiply-accumulates"
    million = f"{report.workload.macs / 1e6:.1f} million MACs"
    speed = f"{_number(report.gmacs or 0)} GMAC/s = {_number(report.gflops or 0)} GFLOP/s"
    return f"{million}: {speed}{f' (without {left_out})' if left_out else ''}"


def _sweep(sweep: Sweep, macs: int | None) -> Table:
    table = _table("threads", "p50 ms", "p90 ms", "faster", "GMAC/s")
    one_ms = sweep.invoke_ms[min(sweep.invoke_ms)].p50
    for count, times in sweep.invoke_ms.items():
        speed = _number(gmacs(macs, times.p50)) if macs else "-"
        words = [str(count), _number(times.p50), _number(times.p90)]
        table.add_row(*words, f"{one_ms / times.p50:.2f} x", speed)
    return table


def _heat(sustained: Sustained) -> Table:
    table = _table("seconds", "runs/s", "°C", "MHz", "held back by")
    for window in _thinned(sustained.windows, _MOST_WINDOWS):
        held = None if window.throttling is None else ", ".join(window.throttling) or "nothing"
        table.add_row(
            f"{window.seconds:.1f}",
            _number(window.fps),
            _known(window.temperature_c),
            _known(window.clock_mhz),
            held or "-",
        )
    return table


def _operators(profile: Profile) -> Table:
    """XNNPACK runs a convolution of 1x1 as a fully connected layer, and calls it so."""
    table = Table(box=None, pad_edge=False)
    for heading in ("ms", "share", "count"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("operator, as the runtime calls it", overflow="fold")
    for kind in profile.operators[:_MOST_OPERATORS]:
        table.add_row(f"{kind.ms:.3f}", _percent(kind.share, 1), str(kind.count), kind.name)
    rest = profile.operators[_MOST_OPERATORS:]
    if rest:
        ms, share = sum(kind.ms for kind in rest), sum(kind.share for kind in rest)
        count = sum(kind.count for kind in rest)
        table.add_row(f"{ms:.3f}", _percent(share, 1), str(count), "all others")
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _thinned(items: Sequence[Window], most: int) -> list[Window]:
    """At most so many, evenly spread, with the first and the last."""
    if len(items) <= most:
        return list(items)
    return [items[round(index * (len(items) - 1) / (most - 1))] for index in range(most)]


def _known(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _number(value: float) -> str:
    """Three digits that mean something."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:.{digits}f}"


def _percent(share: float, digits: int = 0) -> str:
    return f"{share * 100:.{digits}f} %"


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _ran_on(report: Report) -> str:
    """The other model, where a delegate has a part in it."""
    other = report.compared and report.compared.delegate
    if not other:
        return ", on the CPU" if report.delegate else ""
    return f", {other}"


def _delegate(report: Report) -> str:
    return f", {report.delegate}" if report.delegate else ""
