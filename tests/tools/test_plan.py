from __future__ import annotations

import pytest

from edgeinfer.model import boards
from edgeinfer.model.published import Published
from edgeinfer.tools.budget import Budget
from edgeinfer.tools.latencies import OnPaper, OtherPeoples
from edgeinfer.tools.plan import Plan, Verdict, plan
from tests.tools.boards import KnownBoard, row

SECOND = Budget("classification", 1000.0)


def verdict(found: Plan, name: str, dtype: str = "float32") -> Verdict:
    (own,) = [v for v in found.verdicts if (v.row.name, v.row.dtype) == (name, dtype)]
    return own


def recommended(found: Plan) -> str:
    assert found.recommendation
    return found.recommendation.verdict.row.name


def test_the_talk_s_example_leaves_mobilenet_v1_0_25_at_224() -> None:
    found = plan(Budget("classification", 1000.0, 1_000_000), OnPaper(500))
    assert recommended(found) == "mobilenet_v1_0.25_224"
    names = {v.row.name for v in found.verdicts if v.fits}
    assert names == {f"mobilenet_v1_0.25_{px}" for px in (224, 192, 160, 128)}
    for dtype in ("float32", "uint8"):
        large = verdict(found, "mobilenet_v1_1.0_224", dtype)
        assert large.reason == "too large"
        assert [excess.limit for excess in large.excesses] == ["storage", "latency"]
    small = verdict(found, "mobilenet_v1_0.25_224", "uint8")
    assert small.latency
    assert small.latency.ms == pytest.approx(164.1, abs=0.1)


def test_accuracies_of_different_tests_are_never_ranked() -> None:
    rows = [row("a1"), row("a2", accuracy=40.0), row("b", "other", accuracy=99.0)]
    found = plan(SECOND, KnownBoard(dict.fromkeys(("a1", "a2", "b"), 5.0)), rows)
    assert recommended(found) == "a1"
    assert found.recommendation
    assert found.recommendation.rivals == 2
    assert [aside.row.name for aside in found.recommendation.aside] == ["b"]


def test_every_recommendation_of_every_board_compares_alike() -> None:
    for name in boards.names():
        for task in ("classification", "detection"):
            board = OtherPeoples(boards.find(name), coral=False)
            chosen = plan(Budget(task, 500.0), board).recommendation
            if chosen:
                own = chosen.verdict.row.comparable
                assert own not in {aside.row.comparable for aside in chosen.aside}


def test_equals_are_told_apart_by_latency() -> None:
    rows = [row("slow"), row("fast"), row("slower")]
    assert (
        recommended(plan(SECOND, KnownBoard({"slow": 9, "fast": 3, "slower": 10}), rows)) == "fast"
    )


def test_an_estimate_is_never_recommended_over_a_measured_model() -> None:
    rows = [row("guessed", accuracy=90.0), row("measured")]
    times = {"guessed": 1.0, "measured": 5.0}
    found = plan(SECOND, KnownBoard(times, {"guessed": "estimated"}), rows)
    assert recommended(found) == "measured"
    assert verdict(found, "guessed").fits


def test_an_estimate_is_better_than_nothing() -> None:
    found = plan(SECOND, KnownBoard({"m": 1.0}, {"m": "estimated"}), [row("m")])
    assert recommended(found) == "m"


def test_a_model_without_an_accuracy_fits_but_is_not_recommended() -> None:
    found = plan(SECOND, KnownBoard({"m": 1.0}), [row("m", accuracy=None)])
    assert verdict(found, "m").fits
    assert found.recommendation is None
    assert found.relax is None


def test_what_is_too_large_is_not_timed() -> None:
    board = KnownBoard({"small": 1.0, "large": 1.0})
    rows = [row("small"), row("large", size_bytes=10**6)]
    found = plan(Budget("classification", 10.0, 200_000), board, rows)
    assert board.timed == ["small"]
    assert verdict(found, "large").reason == "too large"


def test_on_request_everything_is_timed() -> None:
    board = KnownBoard({"small": 1.0, "large": 1.0})
    rows = [row("small"), row("large", size_bytes=10**6)]
    steps: list[tuple[str, int, int]] = []
    plan(
        Budget("classification", 10.0, 200_000),
        board,
        rows,
        lambda *step: steps.append(step),
        measure_all=True,
    )
    assert board.timed == ["small", "large"]
    assert steps == [("small", 0, 2), ("large", 1, 2)]


def test_another_task_s_models_are_left_out() -> None:
    rows = [row("m"), row("d", task="detection"), row("t", edgetpu=True)]
    found = plan(SECOND, KnownBoard({"m": 1.0}), rows)
    assert [v.row.name for v in found.verdicts] == ["m"]


def relaxed(budget: Budget, board: KnownBoard, *rows: Published) -> tuple[str, list[str]]:
    found = plan(budget, board, rows)
    assert found.recommendation is None
    assert found.relax
    return found.relax.row.name, [excess.limit for excess in found.relax.excesses]


def test_where_nothing_fits_the_smallest_change_is_found() -> None:
    # 1.2 times the storage, or 1.1 times the time.
    rows = [row("large", size_bytes=120_000), row("slow")]
    board = KnownBoard({"large": 9.0, "slow": 11.0})
    assert relaxed(Budget("classification", 10.0, 100_000), board, *rows) == ("slow", ["latency"])
    board = KnownBoard({"large": 9.0, "slow": 13.0})
    assert relaxed(Budget("classification", 10.0, 100_000), board, *rows) == ("large", ["storage"])


def test_one_limit_is_relaxed_rather_than_two() -> None:
    rows = [row("both", size_bytes=101_000), row("one", size_bytes=300_000)]
    board = KnownBoard({"both": 10.1, "one": 1.0})
    assert relaxed(Budget("classification", 10.0, 100_000), board, *rows) == ("one", ["storage"])


def test_no_more_is_timed_than_the_smallest_change_needs() -> None:
    rows = [row("huge", size_bytes=10**7), row("near", size_bytes=110_000)]
    board = KnownBoard({"huge": 1.0, "near": 1.0})
    assert relaxed(Budget("classification", 10.0, 100_000), board, *rows)[0] == "near"
    assert board.timed == ["near"]


def test_who_follows_the_change_gets_the_model() -> None:
    rows = [row("a", size_bytes=300_000), row("b", accuracy=20.0)]
    board = KnownBoard({"a": 5.0, "b": 5.0})
    nearest = plan(Budget("classification", 10.0, 100_000, None, 40.0), board, rows).relax
    assert nearest
    (excess,) = nearest.excesses
    assert (nearest.row.name, excess.limit, excess.needed) == ("b", "accuracy", 20.0)
    assert (
        recommended(plan(Budget("classification", 10.0, 100_000, None, 20.0), board, rows)) == "b"
    )


def test_what_nobody_knows_cannot_be_relaxed() -> None:
    found = plan(SECOND, KnownBoard({}), [row("m")])
    assert found.relax is None
    assert verdict(found, "m").reason == "nobody knows"
    assert found.instead == ("--board another --task classification",)


def test_a_lower_accuracy_is_offered_within_one_test_alone() -> None:
    rows = [row("a1"), row("a2", accuracy=40.0), row("b", "other", accuracy=79.0)]
    board = KnownBoard(dict.fromkeys(("a1", "a2", "b"), 5.0))
    found = plan(Budget("classification", 10.0, min_accuracy=80.0), board, rows)
    assert found.relax
    assert found.relax.row.name == "a1"  # not b, whose 79 % are of another test
    assert any("not comparable" in note for note in found.notes)
    assert found.instead == ()


def test_another_test_s_model_that_is_accurate_enough_may_be_the_nearest() -> None:
    rows = [row("a1"), row("a2"), row("b", "other", accuracy=90.0, size_bytes=101_000)]
    board = KnownBoard(dict.fromkeys(("a1", "a2", "b"), 5.0))
    budget = Budget("classification", 10.0, 100_000, min_accuracy=80.0)
    assert relaxed(budget, board, *rows) == ("b", ["storage"])


def test_where_nothing_is_known_of_the_largest_group_the_next_is_relaxed() -> None:
    rows = [row("a1"), row("a2"), row("b", "other")]
    budget = Budget("classification", 10.0, min_accuracy=80.0)
    assert relaxed(budget, KnownBoard({"b": 5.0}), *rows) == ("b", ["accuracy"])


def test_one_test_needs_no_note_on_comparing() -> None:
    budget = Budget("classification", 10.0, min_accuracy=20.0)
    assert plan(budget, KnownBoard({"m": 1.0}), [row("m")]).notes == ("a note",)


def test_an_upper_bound_that_is_too_high_is_perhaps_too_slow() -> None:
    board = KnownBoard({"m": 20.0}, {"m": "bound"})
    found = plan(Budget("classification", 10.0), board, [row("m")])
    assert verdict(found, "m").reason == "perhaps too slow"
    assert found.relax


def test_a_coral_s_time_of_a_smaller_model_is_a_bound() -> None:
    found = plan(SECOND, OtherPeoples(boards.find("pi4"), coral=True))
    large = verdict(found, "mobilenet_v1_1.0_224", "uint8").latency
    small = verdict(found, "mobilenet_v1_0.25_128", "uint8").latency
    assert large
    assert small
    assert (large.kind, small.kind, small.ms) == ("published", "bound", large.ms)
    assert "the time of mobilenet_v1_1.0_224" in small.origin
