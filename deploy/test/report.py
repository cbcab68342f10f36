"""The page of a proof: what was tried, what held, what was measured.

python deploy/test/report.py benchmarks/results/arm64/bookworm.json     to standard output
"""
# ruff: noqa: INP001, T201

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from machine import STEPS

# What QEMU's machines are, and what they are not.
_INTRODUCTION = """\
Debian {release} for 64-bit ARM (Python {python}, systemd {systemd}, Linux {kernel}), installed by
`deploy/install.sh` and booted in QEMU {qemu}. `virt` is a machine with two Cortex-A72 and 1 GB;
`raspi3b` is QEMU's Raspberry Pi 3 with four Cortex-A53, told to use 426 MB, which a Zero 2 W has
for programs; `card` is `virt` again, with a fresh root and the boot partition that
`edgeinfer flash` prepared, no network, and the wheels on the card. **Times of an emulated processor
say nothing about a Pi's**, and this one shared two cores with another; bytes, megabytes and what is
seen do carry over."""
_COMMAND = "`python deploy/test/prove.py {release} --out FILE`, two machines at a time."
_HIDDEN = ("step", "passed", "error", "seconds", "sizes")
_LEAST_MB = 1.0


def page(report: dict[str, Any]) -> str:
    facts = _gathered(report)
    versions = {key: value for each in facts.values() for key, value in each.items()}
    parts = [
        f"# {report['release']} on 64-bit ARM, emulated, {report['date']}",
        _INTRODUCTION.format(**(versions | report)),
        _table(("step", *_runs(report)), _steps(report)),
        "## What was measured",
        _table(("what", *_runs(report)), _facts(facts)),
        "## Where the megabytes go",
        _sizes(versions["sizes"], report["packages"]),
        "## How long it took",
        _table(("stage", "s", "s of the processors"), _times(report)),
        _COMMAND.format(**report),
    ]
    return "\n\n".join(parts) + "\n"


def _runs(report: dict[str, Any]) -> list[str]:
    return [name for name in report if name in STEPS]


def _table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _steps(report: dict[str, Any]) -> Iterable[tuple[str, ...]]:
    for name in dict.fromkeys(step for steps in STEPS.values() for step in steps):
        found = [_step(report[run], name) for run in _runs(report)]
        words = [
            _verdict(step) if name in STEPS[run] else ""
            for run, step in zip(_runs(report), found, strict=True)
        ]
        yield (name.replace("_", " "), *words)


def _step(steps: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    return next((step for step in steps if step["step"] == name), None)


def _verdict(step: dict[str, Any] | None) -> str:
    if step is None:
        return "not tried"
    return f"{'yes' if step['passed'] else '**no**'}, {step['seconds']:.0f} s"


def _gathered(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What was measured on each machine."""
    return {
        name: {key: value for step in report[name] for key, value in step.items()}
        for name in _runs(report)
    }


def _facts(gathered: dict[str, dict[str, Any]]) -> Iterable[tuple[Any, ...]]:
    keys = dict.fromkeys(key for facts in gathered.values() for key in facts if key not in _HIDDEN)
    for key in keys:
        yield (key, *(_cell(facts.get(key, "")) for facts in gathered.values()))


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _sizes(sizes: dict[str, float], packages: dict[str, float]) -> str:
    large = {name: mb for name, mb in sizes.items() if mb >= _LEAST_MB}
    whole = sum(sizes.values())
    rows = [(name, f"{mb:.1f}") for name, mb in large.items()]
    rows += [("the others", f"{whole - sum(large.values()):.1f}"), ("**all**", f"**{whole:.1f}**")]
    came = sorted(packages.items(), key=lambda item: -item[1])
    named = ", ".join(f"{name} {mb:.1f}" for name, mb in came)
    return (
        _table(("what edgeinfer asks for", "MB"), rows)
        + f"\n\nThe system's packages that came with it, its numpy among them, are "
        f"{sum(packages.values()):.1f} MB: {named}. What each is there for, and what the extras of "
        "the sinks add, says `benchmarks/footprint.py`."
    )


def _times(report: dict[str, Any]) -> Iterable[tuple[Any, ...]]:
    clock, used = report["seconds"], report["processor_seconds"]
    yield from ((stage, f"{s:.0f}", f"{used[stage]:.0f}") for stage, s in clock.items())
    yield ("**all**", *(f"**{sum(each.values()):.0f}**" for each in (clock, used)))


if __name__ == "__main__":
    print(page(json.loads(Path(sys.argv[1]).read_text())), end="")
