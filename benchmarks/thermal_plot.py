"""Pictures of the thermal benchmark: five policies on one day, and ours in every scenario."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from thermal import rates_fps, smooth
from weather import Moment, Scenario

Run = tuple[Scenario, str, list[Moment]]

_COLOURS = {
    "none": "#999999",
    "fixed": "#c9a227",
    "line": "#5b8db8",
    "AIMD": "#8e6bb0",
    "edgeinfer": "#c8102e",
}
_RATE_S = 30.0
_SHOWN = "Pi 4 bare, day"


def draw(out: Path, runs: Sequence[Run]) -> None:
    """OUT.png and OUT-scenarios.png."""
    _policies(out.with_suffix(".png"), [run for run in runs if run[0].name == _SHOWN])
    ours = [run for run in runs if run[1] == "edgeinfer"]
    _scenarios(out.with_name(out.name + "-scenarios.png"), ours)


def _policies(path: Path, runs: Sequence[Run]) -> None:
    figure, axes = plt.subplots(
        len(runs), 2, figsize=(11, 8.5), sharex=True, sharey="col", layout="constrained"
    )
    for (temp, rate), (scenario, policy, moments) in zip(axes, runs, strict=True):
        _temperature(temp, scenario, policy, moments)
        _rate(rate, scenario, policy, moments)
        temp.set_ylabel(policy, fontweight="bold", color=_COLOURS[policy])
    axes[0][0].set_title("die, °C (dashed: the limit)")
    axes[0][1].set_title("frames per second")
    for axis in axes[-1]:
        axis.set_xlabel("minutes")
    figure.suptitle(f"{_SHOWN}: five ways to choose a frame rate; the room 22, 29, 36, 22 °C")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _scenarios(path: Path, runs: Sequence[Run]) -> None:
    figure, axes = plt.subplots(4, 4, figsize=(15, 10), layout="constrained")
    for index, (scenario, policy, moments) in enumerate(runs):
        temp, rate = axes[index // 2][index % 2 * 2 : index % 2 * 2 + 2]
        _temperature(temp, scenario, policy, moments)
        _rate(rate, scenario, policy, moments)
        temp.set_title(f"{scenario.name}: °C", fontsize=10)
        rate.set_title("fps; the grey ground: temperature binds", fontsize=9)
        temp.set_ylim(scenario.limit_c - 20, scenario.limit_c + 4)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _temperature(axis: Axes, scenario: Scenario, policy: str, moments: Sequence[Moment]) -> None:
    at_s, temps_c = zip(*smooth(moments), strict=True)
    axis.plot([s / 60 for s in at_s], temps_c, color=_COLOURS[policy], lw=1.2)
    axis.axhline(scenario.limit_c, color="black", ls="--", lw=0.8)
    _changes(axis, scenario)


def _rate(axis: Axes, scenario: Scenario, policy: str, moments: Sequence[Moment]) -> None:
    rates = rates_fps(moments, _RATE_S)
    minutes = [(i + 0.5) * _RATE_S / 60 for i in range(len(rates))]
    axis.plot(minutes, rates, color=_COLOURS[policy], lw=1.2)
    axis.set_ylim(0, 1.08 / scenario.cost_s)
    axis.fill_between(
        [m.at_s / 60 for m in moments],
        0,
        1.08 / scenario.cost_s,
        where=[m.binds == "temperature" for m in moments],
        color="black",
        alpha=0.06,
        lw=0,
    )
    _changes(axis, scenario)


def _changes(axis: Axes, scenario: Scenario) -> None:
    axis.grid(alpha=0.25)
    for change in scenario.weather[1:]:
        axis.axvline(change.at_s / 60, color="black", lw=0.6, alpha=0.4)
