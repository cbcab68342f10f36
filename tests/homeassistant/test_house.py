"""The real Home Assistant finds the device, and its people can work with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.brokers import Mosquitto, listening
from tests.homeassistant.house import House

pytestmark = [
    pytest.mark.homeassistant,
    pytest.mark.timeout(900),  # the first time makes the venv
]

TRAIN = '[[rule]]\ntype = "passage"\nname = "train"\nlabels = ["train"]\n'
SIGN = '[[rule]]\ntype = "presence"\nname = "sign"\n'
SIGNS = 'source = {type = "synthetic", scene = "signs"}\nmodel.name = "mobilenet_v1_0.25_128"\n'


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as started:
        yield started


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, broker: Mosquitto) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house"), broker.port) as started:
        yield started


class Device:
    """`edgeinfer run` of a name, in a folder of its own."""

    def __init__(self, folder: Path, models: Path, broker: Mosquitto, name: str) -> None:
        self._folder = folder
        self._name = name
        self._uri = broker.uri
        state = str(folder / "state")
        self._environment = {
            **os.environ,
            "EDGEINFER_MODELS": str(models),
            "EDGEINFER_STATE": state,
        }

    def configure(self, *sections: str) -> None:
        sink = f'[[sink]]\ntype = "mqtt"\nuri = "{self._uri}"\n'
        text = f'device.name = "{self._name}"\n{"".join(sections)}{sink}'
        (self._folder / "edgeinfer.toml").write_text(text)

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "edgeinfer", "run", "-c", "edgeinfer.toml"]
        with subprocess.Popen(command, env=self._environment, cwd=self._folder) as process:
            try:
                yield process
            finally:
                process.kill()


def test_a_train_goes_by_and_the_house_knows(
    tmp_path: Path, models: Path, clips: Path, broker: Mosquitto, house: House
) -> None:
    device = Device(tmp_path, models, broker, "porch")
    clip = f'source = {{type = "video", uri = "{clips / "train_day.mp4"}", live = true}}\n'
    device.configure(clip, 'model.name = "coco_ssd_mobilenet_v1"\n', TRAIN)
    with device.running():
        house.wait_until("sensor.porch_train_count", "0")
        house.wait_until("binary_sensor.porch_train", "on")
        house.wait_until("binary_sensor.porch_train", "off")
        house.wait_until("sensor.porch_train_count", "1")
        assert house.state("sensor.porch_train_direction") == "right_to_left"
        assert 3.5 < float(house.state("sensor.porch_train_duration") or 0) < 4.7
        event = "event.porch_train_event"
        house.wait_for("ended", lambda: house.attributes(event)["event_type"] == "ended")
        assert house.attributes(event)["direction"] == "right_to_left"
        assert house.image("image.porch_train_picture").startswith(b"\xff\xd8")


def test_every_entity_has_the_id_that_it_asks_for_and_home_assistant_complains_of_none(
    tmp_path: Path, models: Path, broker: Mosquitto, house: House
) -> None:
    device = Device(tmp_path, models, broker, "Küche 2")
    zone = '[[rule]]\ntype = "zone"\nname = "bay 3"\nloiter_s = 5\n'
    more = "".join(f'[[rule]]\ntype = "{kind}"\n' for kind in ("dwell", "count"))
    crossing = '[[rule]]\ntype = "crossing"\nname = "the gate"\nline = [[0.5, 0.0], [0.5, 1.0]]\n'
    device.configure(SIGNS, SIGN, zone, more, crossing)
    with listening(broker, "homeassistant/device/+/config") as listener, device.running():
        house.wait_until("binary_sensor.kuche_2_camera_problem", "off")
        configs = [m.payload for m in listener.wait_for(bool)]
        asked = {c["default_entity_id"] for c in json.loads(configs[-1])["components"].values()}
        house.wait_for("all of them", lambda: len(house.states("kuche_2")) >= len(asked))
        assert house.states("kuche_2").keys() == asked
    assert "components.mqtt" not in house.log()


def test_the_house_learns_that_a_device_was_killed_and_that_it_is_back(
    tmp_path: Path, models: Path, broker: Mosquitto, house: House
) -> None:
    device = Device(tmp_path, models, broker, "shed")
    device.configure(SIGNS, SIGN)
    with device.running() as process:
        house.wait_until("sensor.shed_camera", "ok")
        house.wait_for("a sign", lambda: house.state("binary_sensor.shed_sign") in ("on", "off"))
        process.kill()
        house.wait_until("sensor.shed_camera", "unavailable")
        assert set(house.states("shed").values()) == {"unavailable"}
    with device.running():
        house.wait_until("sensor.shed_camera", "ok")
        house.wait_for("a sign", lambda: house.state("binary_sensor.shed_sign") in ("on", "off"))


def test_the_button_restarts_it_with_its_new_configuration_and_a_removed_rule_goes(
    tmp_path: Path, models: Path, broker: Mosquitto, house: House
) -> None:
    device = Device(tmp_path, models, broker, "attic")
    device.configure(SIGNS, SIGN, SIGN.replace("sign", "other"))
    with listening(broker, "edgeinfer/attic/state/other") as others, device.running() as process:
        house.wait_until("sensor.attic_camera", "ok")
        assert house.state("binary_sensor.attic_other") is not None
        device.configure(SIGNS, SIGN)
        house.call("button/press", "button.attic_restart")
        house.wait_until("binary_sensor.attic_other", None)
        house.wait_until("sensor.attic_camera", "ok")
        others.wait_for(lambda seen: bool(seen) and seen[-1].payload == "")
        gone = [entity for entity in house.states("attic") if "other" in entity]
        assert gone == []
        assert house.state("binary_sensor.attic_sign") in ("on", "off")
        assert process.poll() is None


def test_the_button_with_a_spoilt_configuration_is_a_problem_and_no_end(
    tmp_path: Path, models: Path, broker: Mosquitto, house: House
) -> None:
    device = Device(tmp_path, models, broker, "loft")
    problem = "binary_sensor.loft_configuration_problem"
    device.configure(SIGNS, SIGN)
    with device.running() as process:
        house.wait_until(problem, "off")
        device.configure(SIGNS, SIGN, "[limits]\nmax_fsp = 5\n")
        house.call("button/press", "button.loft_restart")
        house.wait_until(problem, "on")
        house.wait_until("sensor.loft_camera", "ok")
        assert house.state("binary_sensor.loft_sign") in ("on", "off")
        device.configure(SIGNS, SIGN)
        house.call("button/press", "button.loft_restart")
        house.wait_until(problem, "off")
        assert process.poll() is None


def test_the_switch_pauses_it_and_the_button_gives_a_picture_even_then(
    tmp_path: Path, models: Path, broker: Mosquitto, house: House
) -> None:
    device = Device(tmp_path, models, broker, "barn")
    device.configure(SIGNS, SIGN)
    with listening(broker, "edgeinfer/barn/result") as listener, device.running():
        house.wait_until("switch.barn_pause", "off")
        listener.wait_for(1)
        house.call("switch/turn_on", "switch.barn_pause")
        house.wait_until("switch.barn_pause", "on")
        seen = len(listener.messages)
        house.call("button/press", "button.barn_take_snapshot")
        house.wait_for("a picture", lambda: house.state("image.barn_snapshot") != "unknown")
        assert house.image("image.barn_snapshot").startswith(b"\xff\xd8")
        after = len(listener.messages)
        assert after - seen <= 2  # that of the picture, and one that was in work
        house.call("switch/turn_off", "switch.barn_pause")
        house.wait_until("switch.barn_pause", "off")
        listener.wait_for(after + 3)
