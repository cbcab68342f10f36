"""Bench plot: a report of `edgeinfer bench` as a figure, one panel for each part of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from textwrap import fill
from typing import Any

from edgeinfer.tools import plot
from edgeinfer.tools.bench import Report
from edgeinfer.tools.profile import Profile
from edgeinfer.tools.sustained import Sustained
from edgeinfer.tools.sweep import Sweep

_MAIN, _OTHER, _HOT = "tab:blue", "lightsteelblue", "tab:red"
_MOST_OPERATORS = 8
_NAME_LENGTH = 22

Draw = Callable[[Any], None]


def save(report: Report, path: Path) -> None:
    """Raises: PluginError: matplotlib is missing. ConfigError: the file cannot be written."""
    draws = _panels(report)
    columns = min(2, len(draws))
    rows = -(-len(draws) // columns)
    with plot.drawing(path, rows, columns) as panels:
        for draw, panel in zip(draws, panels, strict=False):
            draw(panel)
        for empty in panels[len(draws) :]:
            empty.set_axis_off()


def _panels(report: Report) -> list[Draw]:
    draws: list[Draw] = [partial(_runs, report)]
    if report.sweep and len(report.sweep.invoke_ms) > 1:
        draws.append(partial(_threads, report.sweep))
    if report.sustained:
        draws.append(partial(_heat, report.sustained))
    if isinstance(report.profile, Profile):
        draws.append(partial(_operators, report.profile))
    return draws


def _runs(report: Report, panel: Any) -> None:
    times = report.invoke_ms
    panel.plot(report.samples_ms, ".", markersize=3, color=_MAIN)
    for name, style in (("p50", "-"), ("p90", "--"), ("p99", ":")):
        value_ms = getattr(times, name)
        panel.axhline(value_ms, color="black", linestyle=style, label=f"{name} {value_ms:.2f} ms")
    panel.set_ylim(0, times.p99 * 1.8)
    threads = "1 thread" if report.threads == 1 else f"{report.threads} threads"
    panel.set(title=f"{report.model.name}, {threads}", xlabel="run", ylabel="invoke, ms")
    panel.legend(loc="upper right")


def _threads(sweep: Sweep, panel: Any) -> None:
    counts = list(sweep.invoke_ms)
    colours = [_MAIN if count == sweep.recommended else _OTHER for count in counts]
    bars = panel.bar(
        [str(count) for count in counts],
        [sweep.invoke_ms[count].p50 for count in counts],
        color=colours,
    )
    panel.bar_label(bars, fmt="%.2f")
    panel.margins(y=0.15)
    title = f"threads: {sweep.recommended} recommended" if sweep.recommended else "threads"
    panel.set(title=title, xlabel="threads", ylabel="invoke p50, ms")


def _heat(sustained: Sustained, panel: Any) -> None:
    times_s = [window.seconds for window in sustained.windows]
    panel.plot(times_s, [window.fps for window in sustained.windows], color=_MAIN)
    panel.set_ylim(0, max(window.fps for window in sustained.windows) * 1.15)
    title = f"sustained: {sustained.cold_fps:.1f} cold, {sustained.hot_fps:.1f} hot"
    panel.set(title=title, xlabel="seconds", ylabel="invokes a second")
    warm = [(w.seconds, w.temperature_c) for w in sustained.windows if w.temperature_c is not None]
    if warm:
        other = panel.twinx()
        other.plot(*zip(*warm, strict=True), color=_HOT)
        other.set_ylabel("°C", color=_HOT)


def _operators(profile: Profile, panel: Any) -> None:
    kinds = profile.operators[:_MOST_OPERATORS][::-1]
    names = [fill(f"{kind.count} x {kind.name}", _NAME_LENGTH) for kind in kinds]
    bars = panel.barh(names, [kind.ms for kind in kinds], color=_MAIN)
    panel.bar_label(bars, [f"{kind.share * 100:.0f} %" for kind in kinds], padding=2)
    panel.margins(x=0.15)
    panel.tick_params(axis="y", labelsize="small")
    panel.set(title="where the time goes", xlabel="ms of one invoke")
