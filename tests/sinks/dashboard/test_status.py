from __future__ import annotations

from pathlib import Path

from edgeinfer.sinks.dashboard.board import Board
from edgeinfer.sinks.dashboard.status import healthz, incident, stages
from tests.sinks.dashboard.serving import FACTS, result, serving, setup


def test_status_says_what_the_device_does_now(tmp_path: Path) -> None:
    with serving(tmp_path, told=setup()) as dashboard, dashboard.client() as client:
        found = client.get("/api/v1/status").json()
    assert (found["device"], found["source"], found["model"]) == (
        "porch",
        "porch",
        "coco_ssd_mobilenet_v1",
    )
    assert found["readings"]["clock_mhz"] == 1500.0
    assert found["sinks"][0]["state"] == "away"
    assert found["stages"] == {"camera": "ok", "engine": "ok", "mqtt://lan:1883": "away"}
    assert found["rules"][0]["name"] == "step"
    assert found["picture_px"] == [64, 48]


def test_status_says_why_the_file_is_not_what_runs(tmp_path: Path) -> None:
    problems = ["rule 1.labels: no such label: trian; did you mean train?"]
    facts = {**FACTS, "configuration": {"problems": problems}}
    with serving(tmp_path, facts=facts) as dashboard, dashboard.client() as client:
        assert client.get("/api/v1/status").json()["configuration"] == {"problems": problems}


def test_before_anything_is_known_it_is_starting() -> None:
    assert healthz(Board()) == (503, {"status": "starting"})


def test_without_results_for_long_it_is_stalled_unless_somebody_paused_it() -> None:
    board = Board()
    board.put_result(result(1))
    assert healthz(board) == (200, {"status": "ok"})
    assert board.result_s is not None
    board.result_s -= 60
    assert healthz(board) == (503, {"status": "stalled"})
    board.health = {"paused": True}
    assert healthz(board) == (200, {"status": "ok"})
    board.health = {"allowed_fps": 0.01}
    assert healthz(board) == (200, {"status": "ok"})


def test_an_accelerator_that_was_given_up_is_a_fallback() -> None:
    assert stages({**FACTS, "engine": {"on": "cpu", "failures": 3}})["engine"] == "fallback"


def test_only_an_end_that_was_not_in_good_order_is_an_incident() -> None:
    assert incident(None) is None
    assert incident({"ending": "stopped"}) is None
    assert incident({"ending": "power", "reason": "x"}) == {"ending": "power", "reason": "x"}
