"""Plan: which models of the published menu fit a budget on a board, and which to take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from edgeinfer.model.published import Published, published
from edgeinfer.tools.budget import Budget, Excess, in_time, memory_bytes, notes, on_paper
from edgeinfer.tools.latencies import Latencies, Latency

OnRow = Callable[[str, int, int], None]
"""(what is measured, how many are done, how many there are)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One row of the answer; `excesses` in the order in which limits are looked at."""

    row: Published
    latency: Latency | None
    excesses: tuple[Excess, ...]

    @property
    def fits(self) -> bool:
        return not self.excesses

    @property
    def reason(self) -> str:
        """The first reason why it does not fit; "" where it does."""
        return self.excesses[0].reason if self.excesses else ""

    @property
    def memory_bytes(self) -> int:
        return memory_bytes(self.row)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`rivals`: how many fit and compare, itself included. `aside`: the best of other tests."""

    verdict: Verdict
    rivals: int
    aside: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """`relax` is the model that misses by the least, where nothing fits.

    Where no limit would change that, `instead` says in options of what there are figures.
    """

    budget: Budget
    board: str
    verdicts: tuple[Verdict, ...]
    recommendation: Recommendation | None
    relax: Verdict | None
    instead: tuple[str, ...]
    notes: tuple[str, ...]


def plan(
    budget: Budget,
    latencies: Latencies,
    rows: Sequence[Published] | None = None,
    on_row: OnRow = lambda *_: None,
    *,
    measure_all: bool = False,
) -> Plan:
    """The whole answer. Only what passes the other limits is timed, or everything on request."""
    menu = published() if rows is None else rows
    rows = [row for row in menu if row.task == budget.task and latencies.runs(row)]
    timed = [row for row in rows if measure_all or not any(on_paper(budget, row))]
    for number, row in enumerate(timed):
        if latencies.at_hand(row) is None:
            on_row(row.name, number, len(timed))
            latencies.of(row)
    verdicts = [_verdict(budget, row, latencies, latencies.at_hand(row)) for row in rows]
    relax, none_fits = None, not any(verdict.fits for verdict in verdicts)
    if none_fits:
        relax = _nearest(budget, latencies, verdicts, on_row)
    return Plan(
        budget,
        latencies.name,
        tuple(verdicts),
        recommend(verdicts),
        relax,
        latencies.instead(budget.task) if none_fits and relax is None else (),
        (*latencies.notes(), *notes(budget, rows)),
    )


def recommend(verdicts: Iterable[Verdict]) -> Recommendation | None:
    """The most accurate that fits, within one group of accuracies that compare; None: none does.

    The group is the one with the most models that fit. Equals are told apart by latency, then by
    size. What is only estimated counts where nothing that fits is known better.
    """
    rated = [verdict for verdict in verdicts if verdict.fits and verdict.row.accuracy is not None]
    sure = [verdict for verdict in rated if verdict.latency and verdict.latency.trusted]
    groups: dict[str, list[Verdict]] = {}
    for verdict in sure or rated:
        groups.setdefault(verdict.row.comparable, []).append(verdict)
    if not groups:
        return None
    bests = {name: min(group, key=_merit) for name, group in groups.items()}
    chosen = max(groups, key=lambda name: len(groups[name]))
    aside = tuple(best for name, best in bests.items() if name != chosen)
    return Recommendation(bests[chosen], len(groups[chosen]), aside)


def _merit(verdict: Verdict) -> tuple[float, float, int]:
    latency_ms = verdict.latency.ms if verdict.latency else float("inf")
    return -(verdict.row.accuracy or 0.0), latency_ms, verdict.row.size_bytes


def _verdict(
    budget: Budget, row: Published, latencies: Latencies, latency: Latency | None
) -> Verdict:
    at_most = latency is not None and latency.kind == "bound"
    latency_ms = latency.ms if latency else None
    late = in_time(budget, latency_ms, latencies.unknown(row), at_most=at_most)
    return Verdict(row, latency, (*on_paper(budget, row), *late))


def _nearest(
    budget: Budget, latencies: Latencies, verdicts: Iterable[Verdict], on_row: OnRow
) -> Verdict | None:
    """The fewest limits broken, and those by the least, of the models with an accuracy.

    A lower accuracy is offered within one group alone, that with the most models; where nothing
    is known of it, within the next.
    """
    rows = [verdict.row for verdict in verdicts if verdict.row.accuracy is not None]
    groups = Counter(row.comparable for row in rows)
    for group, _ in groups.most_common():
        some = [row for row in rows if row.comparable == group or _accurate(budget, row)]
        found = _nearest_of(budget, latencies, some, on_row)
        if found:
            return found
    return None


def _accurate(budget: Budget, row: Published) -> bool:
    return all(excess.limit != "accuracy" for excess in on_paper(budget, row))


def _nearest_of(
    budget: Budget, latencies: Latencies, rows: list[Published], on_row: OnRow
) -> Verdict | None:
    """Nearest on paper first, so that no more is timed than it takes.

    As soon as the best so far beats what the rest break on paper alone, it is found.
    """
    best: Verdict | None = None
    rows.sort(key=lambda row: _miss(tuple(on_paper(budget, row))))
    for number, row in enumerate(rows):
        if best and _miss(best.excesses) <= _miss(tuple(on_paper(budget, row))):
            break
        if latencies.at_hand(row) is None:
            on_row(row.name, number, len(rows))
        verdict = _verdict(budget, row, latencies, latencies.of(row))
        if best is None or _miss(verdict.excesses) < _miss(best.excesses):
            best = verdict
    known = best is not None and all(excess.needed is not None for excess in best.excesses)
    return best if known else None


def _miss(excesses: Sequence[Excess]) -> tuple[bool, int, float]:
    """What nobody knows cannot be relaxed, and comes last."""
    worst = max((excess.factor for excess in excesses), default=1.0)
    return worst == float("inf"), len(excesses), worst
