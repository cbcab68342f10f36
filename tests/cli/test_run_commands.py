"""What is asked of a running service by way of the broker."""

from __future__ import annotations

import signal
from pathlib import Path

from paho.mqtt import publish

from tests.brokers import DEADLINE_S, Mosquitto, Received, listening
from tests.cli.running import SMALL, Edgeinfer

_SIGNS = 'source = {type = "synthetic", scene = "signs"}\n'


def _said(messages: list[Received]) -> list[str]:
    return [message.payload for message in messages]


def test_asked_to_restart_the_same_process_reads_its_configuration_again(
    mosquitto: Mosquitto, edgeinfer: Edgeinfer, tmp_path: Path
) -> None:
    file = tmp_path / "edgeinfer.toml"
    sink = f'[[sink]]\ntype = "mqtt"\nuri = "{mosquitto.uri}"\n'
    text = f'model.name = "{SMALL}"\ndevice.name = "porch"\n{_SIGNS}{sink}'
    rule = '[[rule]]\ntype = "presence"\nname = "{}"\n'
    file.write_text(text + rule.format("old"))
    with (
        listening(mosquitto, "edgeinfer/porch/status") as status,
        listening(mosquitto, "edgeinfer/porch/state/+") as states,
        edgeinfer.going("--config", file) as process,
    ):
        states.wait_for(1)
        file.write_text(text + rule.format("new"))
        ask = "edgeinfer/porch/restart/set"
        publish.single(ask, "PRESS", 1, hostname="localhost", port=mosquitto.port)
        states.wait_for(lambda seen: bool(seen) and seen[-1].topic.endswith("/new"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0
        seen = status.wait_for(4)
    assert _said(seen) == ["online", "offline", "online", "offline"]
