"""The table of `edgeinfer plan`: a group for each test, since only there accuracies compare."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the answer is known only when the verb is called
    from edgeinfer.tools.plan import Plan, Verdict

_MARKS = {"scaled": "~", "estimated": "≈", "bound": "<="}


def table(plan: Plan) -> Iterator[str]:
    """The recommended model's group first, the others in the menu's order."""
    metric = "mAP %" if plan.budget.task == "detection" else "top-1 %"
    yield f"{'model':<35} {'type':<5} {'KB':>7} {metric:>7} {'ms':>9}  fits"
    for group in _groups(plan):
        yield from _group(group)


def _groups(plan: Plan) -> list[list[Verdict]]:
    groups: dict[str, list[Verdict]] = {}
    if plan.recommendation:
        groups[plan.recommendation.verdict.row.comparable] = []
    for verdict in plan.verdicts:
        groups.setdefault(verdict.row.comparable, []).append(verdict)
    return list(groups.values())


def _group(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """What fits comes first, the most accurate of it on top; the rest is in the menu's order."""
    fitting = [verdict for verdict in verdicts if verdict.fits]
    fitting.sort(key=lambda verdict: -(verdict.row.accuracy or 0.0))
    test_set = verdicts[0].row.evaluation.test_set
    yield f"-- tested on {test_set}: {len(fitting)} of {len(verdicts)} fit"
    for verdict in [*fitting, *(v for v in verdicts if not v.fits)]:
        yield _line(verdict)


def _line(verdict: Verdict) -> str:
    row = verdict.row
    kind = "8 bit" if row.is_8_bit else "float"
    accuracy = "-" if row.accuracy is None else f"{row.accuracy:g}"
    fits = "yes" if verdict.fits else verdict.reason
    return (
        f"{row.name:<35} {kind:<5} {row.size_bytes / 1000:>7,.0f} {accuracy:>7} "
        f"{ms(verdict):>9}  {fits}"
    )


def ms(verdict: Verdict) -> str:
    """The latency with its mark, as it stands in the table."""
    latency = verdict.latency
    if latency is None:
        return "-"
    mark = _MARKS.get(latency.kind, "") + ("!" if latency.disturbed else "")
    return f"{mark}{three(latency.ms)}"


def three(value: float) -> str:
    """Three digits: no latency is known to more."""
    digits = max(0, 2 - math.floor(math.log10(value)))
    return f"{value:,.{digits}f}"
