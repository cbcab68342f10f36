"""Plan plot: size against accuracy, latency as colour, and which models fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from edgeinfer.tools import plot
from edgeinfer.tools.plan import Plan, Verdict, recommend

_INCHES = (8.0, 5.2)
_COLOURS = "viridis_r"
_UNFIT = {"label": "does not fit", "s": 30, "alpha": 0.4, "linewidths": 0}
_FIT = {"label": "fits", "s": 70, "edgecolors": "black", "linewidths": 1.3, "zorder": 3}
_CHOSEN = {
    "label": "recommended",
    "s": 260,
    "facecolors": "none",
    "edgecolors": "tab:red",
    "linewidths": 2,
    "zorder": 4,
}
_LIMIT = {"color": "tab:red", "linestyle": "--", "linewidth": 1, "zorder": 1}
_PAPER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.5}
_MOST_LABELS = 10
_POINT_PX = 9

Extents = tuple[float, float, float, float]
"""Left, bottom, right and top, in the figure's pixels."""

# Where a label may stand beside its point, the best first: points right and up, and its alignment.
_PLACES = (
    (9, 0, "left", "center"),
    (5, 6, "left", "bottom"),
    (5, -6, "left", "top"),
    (-10, 0, "right", "center"),
    (0, 9, "center", "bottom"),
    (0, -9, "center", "top"),
)


def save(plan: Plan, path: Path) -> None:
    """Only accuracies that compare are drawn: those of the recommended model's test.

    Raises: PluginError: matplotlib is missing. ConfigError: the file cannot be written.
    """
    drawn = _comparable(plan.verdicts)
    with plot.drawing(path) as (panel,):
        panel.figure.set_size_inches(*_INCHES)
        _axes(panel, plan, drawn)
        if drawn:
            _points(panel, drawn)
            _limits(panel, plan)
            _label(panel, plan, drawn)


def _comparable(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The recommendation's group; without one, that with the most models of known latency."""
    rated = [v for v in verdicts if v.row.accuracy is not None and v.latency]
    chosen = recommend(verdicts)
    groups = [v.row.comparable for v in rated]
    group = chosen.verdict.row.comparable if chosen else max(groups, key=groups.count, default="")
    return [verdict for verdict in rated if verdict.row.comparable == group]


def _axes(panel: Any, plan: Plan, drawn: Sequence[Verdict]) -> None:
    panel.set_xlabel("file, KB", fontsize=11)
    panel.set_xscale("log")
    panel.xaxis.set_major_formatter(_number)
    panel.xaxis.set_minor_formatter(_few_numbers)
    panel.tick_params(axis="x", which="both", length=4, pad=4)
    panel.grid(which="both", alpha=0.2)
    if drawn:
        about = drawn[0].row.evaluation
        panel.set_ylabel(f"{about.metric}, %", fontsize=11)
    panel.set_title("\n".join(_title(plan, drawn)), fontsize=12)


def _title(plan: Plan, drawn: Sequence[Verdict]) -> Iterator[str]:
    """How many fit of what is drawn, and of what is not."""
    yield f"{plan.board}: {_fitting(drawn)} of {len(drawn)} models fit"
    if drawn:
        yield drawn[0].row.evaluation.test_set
    left_out = len(plan.verdicts) - len(drawn)
    if left_out:
        fitting = _fitting(plan.verdicts) - _fitting(drawn)
        yield f"not drawn: {left_out} tested otherwise or without a figure; {fitting} of them fit"


def _fitting(verdicts: Sequence[Verdict]) -> int:
    return sum(verdict.fits for verdict in verdicts)


def _points(panel: Any, drawn: Sequence[Verdict]) -> None:
    least_ms, most_ms = _range_ms([v.latency.ms for v in drawn if v.latency])
    scale = {"norm": "log", "vmin": least_ms, "vmax": most_ms, "cmap": _COLOURS}
    for fits, style in ((False, _UNFIT), (True, _FIT)):
        some = [verdict for verdict in drawn if verdict.fits == fits]
        colours = [verdict.latency.ms for verdict in some if verdict.latency]
        if some:  # the legend shows only what is there
            panel.scatter(*_places(some), c=colours, **scale, **style)
    # A scale without points: that of the models that do not fit would be as pale as they are.
    bar = panel.figure.colorbar(panel.scatter([], [], c=[], **scale), ax=panel)
    bar.set_label("time for one picture, ms", fontsize=11)
    bar.minorticks_off()
    bar.set_ticks([tick for tick in _ticks() if least_ms <= tick <= most_ms])
    bar.ax.yaxis.set_major_formatter(_number)


def _range_ms(times_ms: Sequence[float]) -> tuple[float, float]:
    """A little more than the times take, and from one tick to another at the least."""
    least_ms, most_ms = min(times_ms) / 1.01, max(times_ms) * 1.01
    ticks = list(_ticks())
    if sum(least_ms <= tick <= most_ms for tick in ticks) < 2:
        least_ms = max((tick for tick in ticks if tick < least_ms), default=least_ms)
        most_ms = min((tick for tick in ticks if tick > most_ms), default=most_ms)
    return least_ms, most_ms


def _places(verdicts: Sequence[Verdict]) -> tuple[list[float], list[float]]:
    sizes_kb = [verdict.row.size_bytes / 1000 for verdict in verdicts]
    return sizes_kb, [verdict.row.accuracy or 0.0 for verdict in verdicts]


def _ticks() -> Iterator[float]:
    for power in range(-3, 7):
        yield from (step * 10.0**power for step in (1, 2, 5))


def _limits(panel: Any, plan: Plan) -> None:
    if plan.budget.storage_bytes is not None:
        panel.axvline(plan.budget.storage_bytes / 1000, label="limit", **_LIMIT)
    if plan.budget.min_accuracy is not None:
        panel.axhline(plan.budget.min_accuracy, label="limit", **_LIMIT)


def _label(panel: Any, plan: Plan, drawn: Sequence[Verdict]) -> None:
    """Names beside what fits, each where it covers neither point nor name."""
    chosen = plan.recommendation.verdict if plan.recommendation else None
    if chosen:
        panel.scatter(*_places([chosen]), **_CHOSEN)
    panel.margins(0.12)
    handles, names = panel.get_legend_handles_labels()
    once = dict(zip(names, handles, strict=True))
    panel.figure.legend(  # below the panel, where it covers no point
        once.values(), once.keys(), loc="outside lower center", ncols=len(once), frameon=False
    )
    panel.figure.canvas.draw()
    taken = [_around(panel, verdict) for verdict in drawn]
    for verdict in _worth_a_name(drawn)[:_MOST_LABELS]:
        _place(panel, verdict, taken, bold=verdict is chosen)


def _worth_a_name(drawn: Sequence[Verdict]) -> list[Verdict]:
    """First what nothing of its size or smaller beats, then the rest; each from the best on."""
    best = sorted((v for v in drawn if v.fits), key=lambda v: -(v.row.accuracy or 0.0))
    sizes = [verdict.row.size_bytes for verdict in best]
    beaten = [size >= min(sizes[:number], default=size + 1) for number, size in enumerate(sizes)]
    ranked = sorted(zip(beaten, best, strict=True), key=lambda pair: pair[0])  # a stable sort
    return [verdict for _, verdict in ranked]


def _around(panel: Any, verdict: Verdict) -> Extents:
    """The pixels that a point covers."""
    ((x, y),) = panel.transData.transform([(verdict.row.size_bytes / 1000, verdict.row.accuracy)])
    return x - _POINT_PX, y - _POINT_PX, x + _POINT_PX, y + _POINT_PX


def _overlap(one: Extents, other: Extents) -> bool:
    across = one[0] < other[2] and other[0] < one[2]
    return across and one[1] < other[3] and other[1] < one[3]


def _place(panel: Any, verdict: Verdict, taken: list[Extents], *, bold: bool) -> None:
    for x, y, across, along in _PLACES:
        label = panel.annotate(
            _name(verdict),
            (verdict.row.size_bytes / 1000, verdict.row.accuracy),
            xytext=(x * 1.5 if bold else x, y * 1.5 if bold else y),
            textcoords="offset points",
            ha=across,
            va=along,
            fontsize=10,
            fontweight="bold" if bold else "normal",
            bbox=_PAPER,
        )
        box = label.get_window_extent().extents
        inside = panel.bbox.x0 < box[0] and box[2] < panel.bbox.x1
        if inside and not any(_overlap(box, other) for other in taken):
            taken.append(tuple(box))
            return
        label.remove()


def _name(verdict: Verdict) -> str:
    words = verdict.row.name.replace("mobilenet_", "").replace("efficient", "")
    return f"{words}{' 8 bit' if verdict.row.is_8_bit else ''}"


def _number(value: float, _: object = None) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def _few_numbers(value: float, _: object = None) -> str:
    """2 and 5 of each decade: the others would run into each other."""
    return _number(value) if f"{value:e}"[0] in "25" else ""
