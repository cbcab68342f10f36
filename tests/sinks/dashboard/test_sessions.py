from __future__ import annotations

from pathlib import Path

from edgeinfer.sinks.dashboard.attempts import Attempts
from edgeinfer.sinks.dashboard.sessions import LIFE_S, Sessions
from tests.sinks.dashboard.test_history import Clock


def test_a_session_outlives_a_restart_and_ends_with_its_time(tmp_path: Path) -> None:
    clock = Clock()
    token = Sessions("hash", tmp_path, clock).begin()
    again = Sessions("hash", tmp_path, clock)
    assert again.knows(token)
    assert not again.knows("")
    assert not again.knows(token + "x")
    clock.now_s += LIFE_S
    assert not again.knows(token)


def test_another_password_ends_every_session(tmp_path: Path) -> None:
    token = Sessions("hash", tmp_path).begin()
    assert not Sessions("another", tmp_path).knows(token)


def test_the_file_does_not_hold_what_opens(tmp_path: Path) -> None:
    token = Sessions("hash", tmp_path).begin()
    assert token not in (tmp_path / "sessions.json").read_text()


def test_what_was_ended_stays_ended(tmp_path: Path) -> None:
    sessions = Sessions("hash", tmp_path)
    token = sessions.begin()
    sessions.end(token)
    assert not sessions.knows(token)
    assert not Sessions("hash", tmp_path).knows(token)


def test_beyond_a_hundred_the_oldest_is_over() -> None:
    clock = Clock()
    sessions = Sessions("hash", None, clock)
    tokens = []
    for _ in range(101):
        tokens.append(sessions.begin())
        clock.now_s += 1
    assert not sessions.knows(tokens[0])
    assert all(map(sessions.knows, tokens[1:]))


def test_five_wrong_guesses_a_minute_from_one_address() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(5):
        assert attempts.wait_s("10.0.0.1") == 0
        attempts.failed("10.0.0.1")
    assert attempts.wait_s("10.0.0.1") == 60
    assert attempts.wait_s("10.0.0.2") == 0
    clock.now_s += 59.5
    assert attempts.wait_s("10.0.0.1") == 1
    clock.now_s += 0.5
    assert attempts.wait_s("10.0.0.1") == 0


def test_thirty_from_all_together_and_one_network_of_ipv6_is_one() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for number in range(5):
        attempts.failed(f"2001:db8::{number}")
    assert attempts.wait_s("2001:db8::ffff") == 60
    assert attempts.wait_s("2001:db8:0:1::1") == 0
    for number in range(25):
        attempts.failed(f"10.0.0.{number}")
    assert attempts.wait_s("192.0.2.1") == 60
