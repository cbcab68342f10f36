"""The set-up: what it would be, trying it, saving it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from stat import S_IMODE
from typing import Any

import httpx
import pytest

from tests.sinks.dashboard.serving import TOML, Dashboard, result, serving, setup, until

EVERYWHERE = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
ZONE = {"type": "zone", "name": "step", "labels": ["person"], "polygon": EVERYWHERE}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "edgeinfer.toml"
    path.write_text(TOML)
    return path


@pytest.fixture
def dashboard(tmp_path: Path, file: Path) -> Iterator[Dashboard]:
    with serving(tmp_path, with_password=True, told=setup(file)) as served:
        yield served


@pytest.fixture
def client(dashboard: Dashboard) -> Iterator[httpx.Client]:
    with dashboard.logged_in() as logged_in:
        yield logged_in


def _ask(client: httpx.Client, what: str, **body: Any) -> httpx.Response:
    return client.post(f"/api/v1/setup/{what}", json=body)


def test_the_set_up_is_told_with_what_can_be_asked_of_it(client: httpx.Client, file: Path) -> None:
    found = client.get("/api/v1/setup").json()
    assert (found["toml"], found["path"]) == (TOML, str(file))
    assert found["labels"] == ["person", "car", "train"]
    assert found["rules"][0]["polygon"] == [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
    kinds = {kind["type"]: kind for kind in found["rule_types"]}
    assert {name: kind["needs"] for name, kind in kinds.items()} == {
        **dict.fromkeys(("count", "dwell", "zone"), "polygon"),
        **dict.fromkeys(("passage", "presence")),
        "crossing": "line",
    }
    options = {option["name"]: option for option in kinds["zone"]["options"]}
    assert (options["settle_s"]["kind"], options["settle_s"]["default"]) == ("number", 2.0)
    assert options["anchor"]["choices"] == ["bottom", "centre"]
    assert options["loiter_s"] == {
        "name": "loiter_s",
        "kind": "number",
        "default": None,
        "choices": [],
    }


def test_a_preview_shows_the_whole_file_and_changes_nothing(
    client: httpx.Client, file: Path
) -> None:
    found = _ask(client, "preview", rules=[ZONE], region=[0.0, 0.0, 0.5, 1.0]).json()
    assert found["problems"] == []
    assert "# Where people stand." in found["toml"]
    assert tomllib.loads(found["toml"])["rule"] == [ZONE]
    assert file.read_text() == TOML


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"type": "zne"}, "did you mean 'zone'"),
        ({**ZONE, "labels": ["persn"]}, "did you mean person"),
        ({**ZONE, "polygon": [[0, 0], [2, 0], [1, 1]]}, "outside the picture"),
        ({**ZONE, "settle": 1}, "did you mean settle_s"),
    ],
)
def test_a_preview_says_what_a_start_would(
    client: httpx.Client, rule: dict[str, Any], problem: str
) -> None:
    (found,) = _ask(client, "preview", rules=[rule]).json()["problems"]
    assert found.startswith("rule 1")
    assert problem in found


def test_what_would_take_long_to_check_is_refused(client: httpx.Client) -> None:
    many = [[x / 1000, (x % 2) / 2] for x in range(1000)]
    for what in ("preview", "trial"):
        assert _ask(client, what, rules=[{**ZONE, "polygon": many}]).status_code == 422
        assert _ask(client, what, rules=[ZONE] * 51).status_code == 422


def test_a_trial_on_the_last_minute_says_what_would_have_happened(
    dashboard: Dashboard, client: httpx.Client
) -> None:
    for seq in range(2, 100):
        dashboard.send(result(seq, inside=seq < 50))
    right_half = [[0.4, 0.0], [1.0, 0.0], [1.0, 1.0], [0.4, 1.0]]
    trial = {"rules": [{**ZONE, "polygon": right_half}], "on": "minute"}
    events = _ask(client, "trial", **trial).json()["events"]
    assert [one["kind"] for one in events] == ["occupied", "free"]
    assert events[0]["words"].startswith("step is occupied")


def test_a_trial_on_the_live_stream_begins_and_ends(client: httpx.Client) -> None:
    assert _ask(client, "trial", rules=[ZONE], on="live").status_code == 204
    assert client.delete("/api/v1/setup/trial").status_code == 204


def test_a_trial_of_a_count_leaves_the_real_one_alone(
    dashboard: Dashboard, client: httpx.Client, tmp_path: Path
) -> None:
    rule = {"type": "count", "name": "step", "folder": str(tmp_path), "settle_s": 0.1}
    assert _ask(client, "trial", rules=[rule], on="live").status_code == 204
    for seq in range(2, 20):
        dashboard.send(result(seq))
    assert not list(tmp_path.glob("count-*"))


def test_a_save_writes_the_file_keeps_the_old_one_and_restarts(
    dashboard: Dashboard, client: httpx.Client, file: Path
) -> None:
    file.chmod(0o640)
    preview = _ask(client, "preview", rules=[ZONE]).json()
    saved = _ask(client, "save", toml=preview["toml"], base=preview["base"])
    assert saved.status_code == 204
    assert file.read_text() == preview["toml"]
    assert S_IMODE(file.stat().st_mode) == 0o640
    assert file.with_name("edgeinfer.toml.bak").read_text() == TOML
    until(lambda: dashboard.commands == [("restart", "PRESS")])


def test_a_link_stays_a_link(tmp_path: Path, file: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    served = serving(tmp_path, with_password=True, told=setup(link))
    with served as dashboard, dashboard.logged_in() as client:
        base = client.get("/api/v1/setup").json()["base"]
        assert _ask(client, "save", toml=TOML + "\n", base=base).status_code == 204
    assert link.is_symlink()
    assert file.read_text() == TOML + "\n"


def test_a_save_of_what_a_start_would_refuse_is_refused_with_every_problem(
    dashboard: Dashboard, client: httpx.Client, file: Path
) -> None:
    base = client.get("/api/v1/setup").json()["base"]
    wrong = TOML.replace('"zone"', '"zne"').replace('"synthetic"', '"synthtic"')
    answer = _ask(client, "save", toml=wrong, base=base)
    assert answer.status_code == 422
    assert len(answer.json()["problems"]) == 2
    assert _ask(client, "save", toml="[", base=base).status_code == 422
    assert file.read_text() == TOML
    assert not file.with_name("edgeinfer.toml.bak").exists()
    assert not dashboard.commands


def test_a_file_that_somebody_changed_meanwhile_is_not_overwritten(
    client: httpx.Client, file: Path
) -> None:
    base = client.get("/api/v1/setup").json()["base"]
    file.write_text(TOML + "# by hand\n")
    assert _ask(client, "save", toml=TOML, base=base).status_code == 409
    assert file.read_text().endswith("# by hand\n")


def test_without_a_file_there_is_nothing_to_save_but_the_sections_can_be_copied(
    tmp_path: Path,
) -> None:
    served = serving(tmp_path, with_password=True, told=setup(None))
    with served as dashboard, dashboard.logged_in() as client:
        assert client.get("/api/v1/setup").json()["path"] is None
        preview = _ask(client, "preview", rules=[ZONE]).json()
        assert tomllib.loads(preview["toml"]) == {"rule": [ZONE]}
        answer = _ask(client, "save", toml=TOML)
        assert answer.status_code == 409
        assert "--config" in answer.json()["error"]
