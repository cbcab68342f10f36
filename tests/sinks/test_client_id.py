from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.sinks.client_id import ClientId, random_id

MACHINE = "3d1219c7c4c5404aaa1f6d2a48adfda4"


@pytest.fixture
def machine_id(tmp_path: Path) -> Path:
    path = tmp_path / "machine-id"
    path.write_text(MACHINE + "\n")
    return path


def test_it_is_the_same_after_every_start(machine_id: Path) -> None:
    with ClientId("porch", "broker", machine_id=machine_id) as first:
        text = first.text
    with ClientId("porch", "broker", machine_id=machine_id) as second:
        assert second.text == text


def test_it_differs_by_machine_device_and_broker(machine_id: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("0" * 32)
    with (
        ClientId("porch", "broker", machine_id=machine_id) as one,
        ClientId("porch", "broker", machine_id=other) as two,
        ClientId("yard", "broker", machine_id=machine_id) as three,
        ClientId("porch", "cloud", machine_id=machine_id) as four,
    ):
        assert len({one.text, two.text, three.text, four.text}) == 4


def test_while_one_has_it_the_next_gets_another(machine_id: Path) -> None:
    with ClientId("porch", machine_id=machine_id) as first:
        with ClientId("porch", machine_id=machine_id) as second:
            assert second.text == f"{first.text}1"
        with ClientId("porch", machine_id=machine_id) as third:
            assert third.text == second.text, "it is free again"


def test_the_machine_id_itself_stays_here(machine_id: Path) -> None:
    with ClientId("porch", machine_id=machine_id) as client_id:
        assert not set(pieces(MACHINE)) & set(pieces(client_id.text))


def pieces(text: str) -> list[str]:
    return [text[start : start + 6] for start in range(len(text) - 5)]


def test_without_a_machine_id_it_is_random_and_kept(tmp_path: Path) -> None:
    unset = tmp_path / "machine-id"
    unset.write_text("uninitialized\n")
    for path in (unset, tmp_path / "missing"):
        one, other = (ClientId("porch", machine_id=path) for _ in range(2))
        with one:
            first = one.text
        with one, other:
            assert one.text == first
            assert other.text != first


def test_every_broker_takes_its_form(machine_id: Path) -> None:
    """MQTT 3.1.1, 3.1.3.1: a server must take 1 to 23 digits and letters; it may refuse others."""
    with ClientId("porch", machine_id=machine_id), ClientId("porch", machine_id=machine_id) as held:
        for text in (held.text, random_id()):
            assert text.isascii()
            assert text.isalnum()
            assert len(text) <= 23
