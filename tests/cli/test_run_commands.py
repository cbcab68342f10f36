"""What is asked of a running service by way of the broker."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from paho.mqtt import publish

from tests.brokers import DEADLINE_S, Mosquitto, Received, listening
from tests.cli.running import SMALL, Edgeinfer

_SIGNS = 'source = {type = "synthetic", scene = "signs"}\n'


_RESTART = "edgeinfer/porch/restart/set"
_RULE = '[[rule]]\ntype = "presence"\nname = "{}"\n'


def _said(messages: list[Received]) -> list[str]:
    return [message.payload for message in messages]


def test_asked_to_restart_the_same_process_reads_its_configuration_again(
    mosquitto: Mosquitto, edgeinfer: Edgeinfer, tmp_path: Path
) -> None:
    file = tmp_path / "edgeinfer.toml"
    sink = f'[[sink]]\ntype = "mqtt"\nuri = "{mosquitto.uri}"\n'
    text = f'model.name = "{SMALL}"\ndevice.name = "porch"\n{_SIGNS}{sink}'
    file.write_text(text + _RULE.format("old"))
    with (
        listening(mosquitto, "edgeinfer/porch/status") as status,
        listening(mosquitto, "edgeinfer/porch/state/+") as states,
        edgeinfer.going("--config", file) as process,
    ):
        states.wait_for(1)
        file.write_text(text + _RULE.format("new"))
        publish.single(_RESTART, "PRESS", 1, hostname="localhost", port=mosquitto.port)
        states.wait_for(lambda seen: bool(seen) and seen[-1].topic.endswith("/new"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0
        seen = status.wait_for(4)
    assert _said(seen) == ["online", "offline", "online", "offline"]


@pytest.mark.parametrize(
    ("spoilt", "problem"),
    [
        ("[[rule", "not TOML"),
        ("[limits]\nmax_fsp = 3\n", "limits.max_fsp: unknown; did you mean max_fps?"),
        ('[[rule]]\ntype = "zone"\nlabels = ["stop sing"]\n', "stop sing"),
        (None, "No such file or directory"),
    ],
)
def test_asked_to_restart_with_a_spoilt_configuration_it_goes_on_with_the_old_one(
    mosquitto: Mosquitto, edgeinfer: Edgeinfer, tmp_path: Path, spoilt: str | None, problem: str
) -> None:
    file = tmp_path / "edgeinfer.toml"
    sink = f'[[sink]]\ntype = "mqtt"\nuri = "{mosquitto.uri}"\n'
    text = f'model.name = "{SMALL}"\ndevice.name = "porch"\n{_SIGNS}{sink}{_RULE.format("old")}'
    file.write_text(text)
    with (
        listening(mosquitto, "edgeinfer/porch/event/service") as events,
        listening(mosquitto, "edgeinfer/porch/health") as health,
        listening(mosquitto, "edgeinfer/porch/state/+") as states,
        edgeinfer.going("--config", file) as process,
    ):
        states.wait_for(1)
        file.write_text(text + spoilt) if spoilt else file.unlink()
        publish.single(_RESTART, "PRESS", 1, hostname="localhost", port=mosquitto.port)
        (event,) = (json.loads(message.payload) for message in events.wait_for(1))
        assert (event["kind"], len(event["facts"]["problems"])) == ("configuration_refused", 1)
        assert problem in event["facts"]["problems"][0]
        health.wait_for(lambda seen: bool(seen) and "problems" in seen[-1].payload)
        file.write_text(text.replace("old", "new"))
        publish.single(_RESTART, "PRESS", 1, hostname="localhost", port=mosquitto.port)
        states.wait_for(lambda seen: bool(seen) and seen[-1].topic.endswith("/new"))
        health.wait_for(lambda seen: bool(seen) and "problems" not in seen[-1].payload)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, err
    assert err.count(problem) == 1
    assert err.count("goes on with the configuration that it had") == 1
