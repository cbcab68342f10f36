from __future__ import annotations

import pytest

from edgeinfer.sensors.heat import BOARDS, HARD_C, Heat


def _after(name: str, seconds: float, *, ambient_c: float = 22.0, duty: float = 1.0) -> Heat:
    heat = Heat(BOARDS[name], ambient_c)
    heat.step(duty, seconds)
    return heat


# Each with its source in edgeinfer/sensors/heat.py.
@pytest.mark.parametrize(
    ("name", "ambient_c", "seconds", "published_c"),
    [
        ("pi4-bare", 23, 3600, 81.5),
        ("pi4-case", 22, 7200, 70),
        ("pi4-fan", 22, 3600, 60),
        ("pi5-bare", 20, 60, 82.3),
        ("pi5-bare", 20, 180, 86.2),
        ("pi5-cooler", 20, 60, 55.4),
        ("pi5-cooler", 20, 180, 59.8),
    ],
)
def test_a_full_load_heats_a_board_as_was_published(
    name: str, ambient_c: float, seconds: float, published_c: float
) -> None:
    assert _after(name, seconds, ambient_c=ambient_c).die_c == pytest.approx(published_c, abs=4)


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_a_board_at_rest_stays_as_it_is(name: str) -> None:
    heat = Heat(BOARDS[name], 22)
    rest_c = heat.die_c
    heat.step(0.0, 600)
    assert heat.die_c == pytest.approx(rest_c, abs=0.1)


def test_the_firmware_lowers_the_clock_before_the_hard_limit() -> None:
    heat = _after("pi5-bare", 1800, ambient_c=25)
    assert heat.throttled
    assert heat.die_c < HARD_C


def test_a_fan_that_stops_lets_the_board_warm() -> None:
    heat = _after("pi4-fan", 1800)
    with_fan_c = heat.die_c
    heat.fan_works = False
    heat.step(1.0, 1800)
    assert heat.die_c > with_fan_c + 10
