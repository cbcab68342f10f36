"""The words of `edgeinfer plan`: the table, the recommendation, what to relax, and the document."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the answer is known only when the verb is called
    from edgeinfer.model.published import Published
    from edgeinfer.tools.budget import Excess
    from edgeinfer.tools.plan import Plan, Verdict

_MARKS = {"scaled": "~", "estimated": "≈"}


def table(plan: Plan) -> Iterator[str]:
    """What fits comes first, the most accurate of it on top; the rest is in the menu's order."""
    metric = "mAP %" if plan.budget.task == "detection" else "top-1 %"
    yield f"{'model':<35} {'type':<5} {'KB':>7} {metric:>7} {'ms':>9}  fits"
    fitting = [verdict for verdict in plan.verdicts if verdict.fits]
    fitting.sort(key=lambda verdict: -(verdict.row.accuracy or 0.0))
    for verdict in [*fitting, *(v for v in plan.verdicts if not v.fits)]:
        yield _line(verdict)


def _line(verdict: Verdict) -> str:
    row = verdict.row
    kind = "8 bit" if row.is_8_bit else "float"
    accuracy = "-" if row.accuracy is None else f"{row.accuracy:g}"
    fits = "yes" if verdict.fits else verdict.reason
    return (
        f"{row.name:<35} {kind:<5} {row.size_bytes / 1000:>7,.0f} {accuracy:>7} "
        f"{_ms(verdict):>9}  {fits}"
    )


def _ms(verdict: Verdict) -> str:
    if verdict.latency is None:
        return "-"
    return f"{_MARKS.get(verdict.latency.kind, '')}{_three(verdict.latency.ms)}"


def _three(value: float) -> str:
    """Three digits: no latency is known to more."""
    digits = max(0, 2 - math.floor(math.log10(value)))
    return f"{value:,.{digits}f}"


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
    yield f"  weights: {_weights(row)}"
    for other in chosen.aside:
        yield (
            f"  not ranked with it, tested otherwise ({other.row.evaluation.source}): "
            f"{title(other)}, {other.row.accuracy:g} %"
        )


def _weights(row: Published) -> str:
    """On edgeinfer's own menu are some of the models in 8 bits."""
    from edgeinfer.model import menu

    if row.dtype == "uint8" and any(card.name == row.name for card in menu.cards()):
        return f"edgeinfer models pull {row.name}"
    return row.weights


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
    return (
        f"{_ms(verdict)} ms a picture, {_three(1000 / latency.ms)} a second ({latency.origin}); "
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
        return f"nothing fits on {plan.board}: {', '.join(reasons)}; no limit would change that"
    changes = " and ".join(_change(excess, by_fps=by_fps) for excess in nearest.excesses)
    return f"nothing fits; the smallest change is {changes}, for {title(nearest)}"


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
            "limits": [
                {"limit": excess.limit, "allowed": excess.allowed, "needed": excess.needed}
                for excess in plan.relax.excesses
            ],
        },
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
        "latency_ms": latency and latency.ms,
        "latency_kind": latency and latency.kind,
        "latency_origin": latency and latency.origin,
        "fits": verdict.fits,
        "reason": verdict.reason or None,
        "limit": verdict.excesses[0].limit if verdict.excesses else None,
    }
