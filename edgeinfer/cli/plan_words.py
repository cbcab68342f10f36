"""The words of `edgeinfer plan`: the recommendation, what to relax, and the document."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from edgeinfer.cli.plan_table import ms, three

if TYPE_CHECKING:  # the answer is known only when the verb is called
    from edgeinfer.model.published import Published
    from edgeinfer.tools.budget import Excess
    from edgeinfer.tools.plan import Plan, Verdict


def recommendation(plan: Plan) -> Iterator[str]:
    """The one to take and why; empty where nothing fits."""
    chosen = plan.recommendation
    if chosen is None:
        if any(verdict.fits for verdict in plan.verdicts):
            yield "none to recommend: of what fits nobody has published an accuracy"
        return
    verdict, row = chosen.verdict, chosen.verdict.row
    yield f"take {title(verdict)}: {reason(plan)}"
    yield f"  {_figures(verdict)}"
    yield f"  accuracy: {row.evaluation.source}; {row.evaluation.test_set}"
    yield from _weights(row)
    for other in chosen.aside:
        yield (
            f"  not ranked with it, tested otherwise ({other.row.evaluation.source}): "
            f"{title(other)}, {other.row.accuracy:g} %"
        )


def _weights(row: Published) -> Iterator[str]:
    if row.card is None:
        yield f"  weights: {row.weights}"
        return
    yield f"  weights: edgeinfer models pull {row.card}"
    if row.card != row.name:
        yield "    the same graph under another name, perhaps trained apart: measure its accuracy"


def title(verdict: Verdict) -> str:
    return f"{verdict.row.name} ({'8 bit' if verdict.row.is_8_bit else 'float'})"


def reason(plan: Plan) -> str:
    """Why the recommended model: one clause."""
    chosen = plan.recommendation
    if chosen is None:
        return ""
    row = chosen.verdict.row
    accuracy = f"{row.accuracy:g} % {row.evaluation.metric}"
    if chosen.rivals == 1:
        return f"{accuracy}, the only one that fits of those that were tested alike"
    return f"{accuracy}, the most accurate of the {chosen.rivals} that fit and were tested alike"


def _figures(verdict: Verdict) -> str:
    latency = verdict.latency
    assert latency is not None  # noqa: S101 - what fits has one
    least = "at least " if latency.kind == "bound" else ""
    return (
        f"{ms(verdict)} ms a picture, {least}{three(1000 / latency.ms)} a second "
        f"({latency.origin}); "
        f"{verdict.row.size_bytes / 1000:,.0f} KB; {_memory(verdict)} for the service"
    )


def _memory(verdict: Verdict) -> str:
    least = "" if verdict.row.activation_bytes else "at least "
    return f"{least}about {verdict.memory_bytes / 1e6:.0f} MB of memory"


def relax(plan: Plan, *, by_fps: bool) -> str:
    """What to change so that something fits, as options to give instead."""
    nearest = plan.relax
    if nearest is None:
        reasons = sorted({verdict.reason for verdict in plan.verdicts})
        what = f"nothing fits on {plan.board}: {', '.join(reasons)}; no limit would change that"
        return f"{what}; published is: {', '.join(plan.instead)}" if plan.instead else what
    changes = " and ".join(_change(excess, by_fps=by_fps) for excess in nearest.excesses)
    return f"nothing fits; the smallest change is {changes}, for {title(nearest)}{_test(nearest)}"


def _test(nearest: Verdict) -> str:
    """Which accuracy is meant, where that is what to relax."""
    if all(excess.limit != "accuracy" for excess in nearest.excesses):
        return ""
    return f", tested on {nearest.row.evaluation.test_set}"


def _change(excess: Excess, *, by_fps: bool) -> str:
    """Rounded to the generous side: who follows it gets the model."""
    needed, allowed = excess.needed or 0.0, excess.allowed
    if excess.limit == "storage":
        return f"--storage-kb {math.ceil(needed / 1000)} instead of {allowed / 1000:g}"
    if excess.limit == "memory":
        return f"--memory-mb {math.ceil(needed / 1e6)} instead of {allowed / 1e6:g}"
    if excess.limit == "accuracy":
        return f"--min-accuracy {needed:g} instead of {allowed:g}"
    if by_fps:
        return f"--fps {_floor(1000 / needed):g} instead of {1000 / allowed:g}"
    return f"--latency-ms {-_floor(-needed):g} instead of {allowed:g}"


def _floor(value: float) -> float:
    """Three digits, never more than the value."""
    digits = 2 - math.floor(math.log10(abs(value)))
    return math.floor(value * 10.0**digits) / 10.0**digits


def document(plan: Plan) -> dict[str, Any]:
    chosen = plan.recommendation
    return {
        "task": plan.budget.task,
        "board": plan.board,
        "budget": asdict(plan.budget),
        "models": [_model(verdict) for verdict in plan.verdicts],
        "recommendation": chosen
        and {**_name(chosen.verdict), "reason": reason(plan), "rivals": chosen.rivals},
        "not_ranked": [_name(other) for other in chosen.aside] if chosen else [],
        "relax": plan.relax
        and {
            **_name(plan.relax),
            "test_set": plan.relax.row.evaluation.test_set,
            "limits": [
                {"limit": excess.limit, "allowed": excess.allowed, "needed": excess.needed}
                for excess in plan.relax.excesses
            ],
        },
        "instead": list(plan.instead),
        "notes": list(plan.notes),
    }


def _name(verdict: Verdict) -> dict[str, Any]:
    return {"name": verdict.row.name, "dtype": verdict.row.dtype}


def _model(verdict: Verdict) -> dict[str, Any]:
    row, latency = verdict.row, verdict.latency
    return {
        **_name(verdict),
        "family": row.family,
        "width": row.width,
        "px": row.px,
        "size_bytes": row.size_bytes,
        "parameters": row.parameters,
        "macs": row.macs,
        "macs_counted": row.counted,
        "published_macs": row.published_macs,
        "memory_bytes": verdict.memory_bytes,
        "accuracy": row.accuracy,
        "metric": row.evaluation.metric,
        "test_set": row.evaluation.test_set,
        "comparable": row.comparable,
        "source": row.evaluation.source,
        "weights": row.weights,
        "card": row.card,
        "latency_ms": latency and latency.ms,
        "latency_kind": latency and latency.kind,
        "latency_origin": latency and latency.origin,
        "latency_disturbed": latency and latency.disturbed,
        "fits": verdict.fits,
        "reason": verdict.reason or None,
        "limit": verdict.excesses[0].limit if verdict.excesses else None,
    }
