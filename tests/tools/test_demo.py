from __future__ import annotations

from pathlib import Path

from edgeinfer import assembly
from edgeinfer.tools import demo
from tests.brokers import Mosquitto


def test_a_railway_is_watched_for_trains_by_the_model_that_comes_along() -> None:
    settings = assembly.configure(demo.configuration("railway", 3, weather="rain", light="dusk"))
    assert settings.model.name == "demo_detector"
    assert [(rule.type, rule.options.labels) for rule in settings.rules] == [
        ("passage", ("train",))
    ]
    assert (settings.source.options.weather, settings.source.options.light) == ("rain", "dusk")


def test_every_bay_of_a_parking_is_watched_for_a_car() -> None:
    settings = assembly.configure(demo.configuration("parking", 1, weather="clear", light="day"))
    names = [rule.name for rule in settings.rules]
    assert names == [f"bay {number}" for number in range(1, len(names) + 1)]
    assert len(names) >= 6
    assert len({rule.options.polygon for rule in settings.rules}) == len(names)


def test_without_a_seed_the_place_is_a_lively_one() -> None:
    tables = [demo.configuration("railway", None, weather="clear", light="day") for _ in "ab"]
    assert tables[0] == tables[1]


def test_the_sink_leaves_a_house_alone(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        table = demo.configuration("railway", 3, weather="clear", light="day")
        table["sink"] = [demo.mqtt(broker.uri)]
        options = assembly.configure(table).sinks[0].options
    assert (options.discovery, options.commands) == (False, False)
