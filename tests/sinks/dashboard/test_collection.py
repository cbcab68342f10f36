"""Pictures for training."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.picture import load
from edgeinfer.sinks.dashboard.collection import Automatic, Collection
from edgeinfer.sinks.dashboard.exchange import RefusedError
from tests.sinks.dashboard.serving import event, result, serving, until


def test_the_newest_picture_is_kept_whole_under_its_label(tmp_path: Path) -> None:
    with serving(tmp_path, with_password=True) as dashboard, dashboard.logged_in() as client:
        dashboard.show(result(2, 1000, 500))
        answer = client.post("/api/v1/collect", json={"label": "front door"})
        assert answer.json() == {"label": "front door", "kept": 1}
        found = client.get("/api/v1/collect").json()
    assert found["labels"] == [
        {"label": "front door", "kept": 1, "goal": 1000, "goal_transfer": 100}
    ]
    (file,) = (tmp_path / "dashboard/collect/front door").iterdir()
    assert load(file).shape == (500, 1000, 3)


def test_a_rule_keeps_pictures_by_itself_and_over_a_restart(tmp_path: Path) -> None:
    wanted = {"rule": "step", "label": "", "every_s": 1}
    with serving(tmp_path, with_password=True) as dashboard, dashboard.logged_in() as client:
        assert client.put("/api/v1/collect/automatic", json=wanted).status_code == 204
        dashboard.send(event(1))
        dashboard.send(event(2))  # too soon
        dashboard.send(event(3, "gate"))
        assert [one["kept"] for one in client.get("/api/v1/collect").json()["labels"]] == [1]
    with serving(tmp_path, with_password=True) as dashboard, dashboard.logged_in() as client:
        assert client.get("/api/v1/collect").json()["automatic"] == {**wanted, "every_s": 1.0}
        dashboard.send(event(4))
        (kept,) = client.get("/api/v1/collect").json()["labels"]
        assert (kept["label"], kept["kept"]) == ("person", 2)
        client.put("/api/v1/collect/automatic", json={"rule": None})
        assert client.get("/api/v1/collect").json()["automatic"] is None


@pytest.mark.parametrize("label", ["", " ", "..", "a/b", ".hidden", "x" * 65, "a\nb", "_", "\\x"])
def test_a_label_that_is_no_name_of_a_folder_is_refused(tmp_path: Path, label: str) -> None:
    collection = Collection(tmp_path, 10**9)
    with pytest.raises(RefusedError, match="letters"):
        collection.keep(result(1).frame, label)
    assert not list(tmp_path.iterdir())


def test_labels_of_other_alphabets_are_names_too(tmp_path: Path) -> None:
    assert Collection(tmp_path, 10**9).keep(result(1).frame, "Möwe 2 (jung)") == 1


def test_what_is_full_is_said_and_nothing_is_deleted(tmp_path: Path) -> None:
    collection = Collection(tmp_path, 20_000)
    for seq in range(2):
        collection.keep(result(seq).frame, "person")
    wide = result(2, 200, 200).frame
    with pytest.raises(RefusedError, match="full"):
        collection.keep(wide, "person")
    kept = len(list((tmp_path / "person").iterdir()))
    assert kept == 2
    assert Collection(tmp_path, 20_000).facts()["labels"][0]["kept"] == kept


def test_without_a_folder_nothing_is_kept() -> None:
    collection = Collection(None, 10**9)
    collection.choose(Automatic("step"))
    collection.take(event(1))
    with pytest.raises(RefusedError, match="folder"):
        collection.keep(result(1).frame, "person")


def test_commands_are_passed_on(tmp_path: Path) -> None:
    with serving(tmp_path, with_password=True) as dashboard, dashboard.logged_in() as client:
        for command, word in (("pause", "ON"), ("snapshot", "PRESS")):
            body = {"command": command, "word": word}
            assert client.post("/api/v1/control", json=body).status_code == 204
        wrong = {"command": "pause", "word": "PRESS"}
        assert client.post("/api/v1/control", json=wrong).status_code == 422
        until(lambda: dashboard.commands == [("pause", "ON"), ("snapshot", "PRESS")])
