from __future__ import annotations

from collections.abc import Iterable

from edgeinfer.runtime.thermometer import BLIND_DUTY, Thermometer, judge, look, pass_by

LIMIT_C = 70.0


def after(duties: Iterable[float], temp_c: float | None) -> Thermometer:
    """Half a second at each duty, with the same reading all the time, once the die is warm."""
    meter = Thermometer()
    for number, duty in enumerate([*minutes(1), *duties]):
        read_c = temp_c if temp_c is None or number > 120 else temp_c - number % 2
        meter = judge(look(pass_by(meter, duty, 0.5), read_c, number / 2), LIMIT_C, 0.5)
    return meter


def minutes(count: float, duty: float = 0.5) -> list[float]:
    return [duty] * int(count * 120)


def test_a_coarse_sensor_may_say_the_same_while_the_load_is_the_same() -> None:
    assert not after(minutes(15), 60).blind


def test_a_reading_that_no_load_moves_is_frozen() -> None:
    meter = after([*minutes(3, 0.1), *minutes(3, 0.9)], 60)
    assert meter.blind
    assert meter.duty <= BLIND_DUTY


def test_a_reading_that_never_changes_is_frozen_in_the_end() -> None:
    assert after(minutes(32), 60).blind


def test_what_froze_at_the_limit_lets_nothing_in() -> None:
    meter = after([*minutes(3, 0.1), *minutes(13, 0.9)], LIMIT_C + 30)
    assert meter.blind
    assert meter.duty <= 0


def test_no_reading_is_half_the_duty() -> None:
    meter = after(minutes(20), None)
    assert meter.blind
    assert meter.duty == BLIND_DUTY
