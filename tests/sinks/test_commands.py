from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeinfer.sinks.commands import Commands
from edgeinfer.sinks.topics import Topics

PORCH = Topics("edgeinfer", "porch")


def asked(topic: str, payload: bytes, *, retained: bool = False) -> list[tuple[str, str]]:
    heard: list[tuple[str, str]] = []
    commands = Commands(PORCH, lambda *command: heard.append(command))
    commands.hear(topic, payload, retained=retained)
    return heard


@pytest.mark.parametrize(
    ("name", "word"),
    [("pause", "ON"), ("pause", "OFF"), ("restart", "PRESS"), ("snapshot", "PRESS")],
)
def test_a_command_is_passed_on(name: str, word: str) -> None:
    topic = f"edgeinfer/porch/{name}/set"
    assert topic in Commands(PORCH, lambda *_: None).topics
    assert asked(topic, word.encode()) == [(name, word)]


def test_a_command_that_the_broker_kept_is_not_one_of_now() -> None:
    assert asked("edgeinfer/porch/restart/set", b"PRESS", retained=True) == []


@given(st.binary(max_size=200))
def test_any_other_payload_asks_for_nothing(payload: bytes) -> None:
    if payload != b"PRESS":
        assert asked("edgeinfer/porch/restart/set", payload) == []


def test_another_topic_asks_for_nothing() -> None:
    assert asked("edgeinfer/porch/reboot/set", b"PRESS") == []
