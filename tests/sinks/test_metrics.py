from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edgeinfer import __version__, config
from edgeinfer.core.results import Health
from edgeinfer.errors import SinkError
from edgeinfer.sinks.metrics import MetricsSink
from tests.brokers import free_port
from tests.sinks.messages import NOON_NS, event, result

FACTS: dict[str, Any] = {
    "temperature_c": 61.5,
    "binds": "temperature",
    "readings": {
        "cpu_thermal": {"value": 61.5, "unit": "c"},
        "load": {"value": 0.25, "unit": "1"},
    },
    "uptime_s": 12.5,
    "model": "coco_ssd_mobilenet_v1",
    "frame_age_s": 0.1,
    "allowed_fps": 7.5,
    "duty": 0.4,
    "frames": 30,
    "results": 20,
    "dropped": 9,
    "still": 1,
    "sinks": [
        {"name": "mqtt://lan:1883", "delivered": 5, "dropped": 1, "kept": 0, "waiting": 3},
        {"name": "mqtt://lan:1883", "delivered": 7, "dropped": 0, "kept": 2, "waiting": 1},
    ],
}
Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]


@contextmanager
def serving(port: int | None = None) -> Iterator[MetricsSink]:
    with MetricsSink(MetricsSink.Options(port=port or free_port()), "porch") as sink:
        yield sink


def health(**facts: Any) -> Health:
    return Health(NOON_NS, {**FACTS, **facts})


def asked(sink: MetricsSink) -> Samples:
    """What the server's own parser reads, by name and labels."""
    with closing(HTTPConnection("127.0.0.1", int(sink.name.rpartition(":")[2]))) as connection:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            series = found.setdefault(sample.name, {})
            assert labels not in series, f"{sample.name} {labels} is there twice"
            series[labels] = sample.value
    return found


def test_health_is_told_number_by_number() -> None:
    with serving() as sink:
        sink.send(health())
        found = asked(sink)
    nothing: tuple[tuple[str, str], ...] = ()
    assert found["edgeinfer_temperature_celsius"] == {nothing: 61.5}
    assert found["edgeinfer_uptime_seconds"] == {nothing: 12.5}
    assert found["edgeinfer_frame_age_seconds"] == {nothing: 0.1}
    assert found["edgeinfer_allowed_fps"] == {nothing: 7.5}
    assert found["edgeinfer_duty_ratio"] == {nothing: 0.4}
    frames = {labels[0][1]: value for labels, value in found["edgeinfer_frames_total"].items()}
    assert frames == {"read": 30, "inferred": 20, "dropped": 9, "still": 1}
    assert found["edgeinfer_reading"][("name", "cpu_thermal"), ("unit", "c")] == 61.5
    binds = {labels[0][1]: value for labels, value in found["edgeinfer_binds"].items()}
    assert binds.pop("temperature") == 1
    assert set(binds.values()) == {0}


def test_sinks_of_one_name_count_together() -> None:
    """A series that is there twice would make the server refuse the whole answer."""
    with serving() as sink:
        sink.send(health())
        found = asked(sink)
    broker = ("sink", "mqtt://lan:1883")
    assert found["edgeinfer_sink_waiting"] == {(broker,): 4}
    assert found["edgeinfer_sink_messages_total"] == {
        (("disposition", "delivered"), broker): 12,
        (("disposition", "dropped"), broker): 1,
        (("disposition", "kept"), broker): 2,
    }


def test_what_health_does_not_say_is_absent() -> None:
    with serving() as sink:
        sink.send(Health(NOON_NS, {"binds": "sunshine", "allowed_fps": None, "duty": float("nan")}))
        assert set(asked(sink)) == {"edgeinfer_info"}


def test_who_answers_is_said_with_version_and_the_model_of_now() -> None:
    with serving() as sink:
        for model in ("big", "small"):
            sink.send(health(model=model))
        found = asked(sink)
    labels = (("device", "porch"), ("model", "small"), ("version", __version__))
    assert found["edgeinfer_info"] == {labels: 1}


def test_latencies_are_histograms_by_stage_in_seconds() -> None:
    with serving() as sink:
        for seq in range(3):
            sink.send(result(seq))
        found = asked(sink)
    total, invoke = (("stage", "total"),), ("stage", "invoke")
    assert found["edgeinfer_latency_seconds_count"][total] == 3
    assert found["edgeinfer_latency_seconds_sum"][total] == pytest.approx(3 * 0.0149)
    buckets = found["edgeinfer_latency_seconds_bucket"]
    assert buckets[("le", "0.01"), invoke] == 0
    assert buckets[("le", "0.02"), invoke] == 3
    stages = {labels[0][1] for labels in found["edgeinfer_latency_seconds_count"]}
    assert stages == {"waited", "prepare", "invoke", "decode", "total"}


def test_events_are_counted_by_rule_and_kind() -> None:
    with serving() as sink:
        for message in (event("train"), event("train"), event("bay")):
            sink.send(message)
        found = asked(sink)["edgeinfer_events_total"]
    started = ("kind", "started")
    assert found == {(started, ("rule", "train")): 2, (started, ("rule", "bay")): 1}


def test_labels_that_somebody_invents_without_end_become_one() -> None:
    with serving() as sink:
        for number in range(1000):
            sink.send(replace(event("bay"), kind=f"kind {number}"))
        readings = {f"r{n}": {"value": 1.0, "unit": "c"} for n in range(1000)}
        sink.send(health(readings=readings))
        found = asked(sink)
    events = found["edgeinfer_events_total"]
    assert len(events) == 201
    assert events[("kind", "other"), ("rule", "other")] == 800
    assert len(found["edgeinfer_reading"]) == 100


def test_names_that_are_no_utf8_do_not_spoil_the_answer() -> None:
    with serving() as sink:
        sinks = [{"name": "jsonl:\udcff", "delivered": 1, "dropped": 0}]
        sink.send(health(model="m\udcff", sinks=sinks))
        found = asked(sink)
    assert (("disposition", "delivered"), ("sink", "jsonl:?")) in found[
        "edgeinfer_sink_messages_total"
    ]


def test_a_port_that_is_taken_is_one_line_and_is_had_once_it_is_free() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        sink = MetricsSink(MetricsSink.Options(port=port), "porch")
        with sink, pytest.raises(SinkError) as caught:
            sink.send(health())
    assert str(caught.value) == (
        f"metrics http://127.0.0.1:{port}: address already in use; "
        "give another port, or end the program that has it"
    )
    with sink:
        sink.send(health())
        assert asked(sink)["edgeinfer_allowed_fps"] == {(): 7.5}


def test_leaving_frees_the_port_and_ends_the_thread() -> None:
    port = free_port()
    for _ in range(2):
        with serving(port) as sink:
            sink.send(health())
            asked(sink)
            assert sink._server
            thread = sink._server[1]
        assert not thread.is_alive()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_it_listens_on_this_machine_alone_unless_told_otherwise() -> None:
    options = MetricsSink.Options()
    assert (options.address, options.port) == ("127.0.0.1", 9532)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"port": 0}, "port: 0 should be greater than or equal to 1"),
        ({"port": 65536}, "port: 65536 should be less than or equal to 65535"),
        ({"address": "everywhere"}, "address 'everywhere' is none; write 127.0.0.1 for this"),
    ],
)
def test_an_address_that_cannot_be_is_refused(table: dict[str, Any], said: str) -> None:
    problems: list[str] = []
    config.check(MetricsSink.Options, table, "sink 1", problems)
    assert said in problems[0]


def test_an_address_of_another_machine_is_one_line() -> None:
    """192.0.2.0/24 is kept for documentation: RFC 5737."""
    sink = MetricsSink(MetricsSink.Options(address="192.0.2.1", port=free_port()), "porch")
    with sink, pytest.raises(SinkError, match="; give an address of this machine$"):
        sink.send(health())


@pytest.mark.parametrize(
    ("installed", "hint"),
    [
        (False, "pip install 'edgeinfer[metrics]'"),
        (True, "run install.sh once more: it brings what the sinks in /etc/edgeinfer need"),
    ],
)
def test_without_the_library_the_error_says_who_brings_it(
    installed: bool, hint: str, tmp_path: Path
) -> None:
    """A release of install.sh has the unit in it."""
    if installed:
        (tmp_path / "system").mkdir()
        (tmp_path / "system/edgeinfer.service").touch()
    code = (
        "import sys; sys.modules['prometheus_client'] = None\n"
        "from edgeinfer import plugins\n"
        "from edgeinfer.errors import PluginError\n"
        "sys.prefix = sys.argv[1]\n"
        "try: plugins.find('sink', 'metrics')\n"
        "except PluginError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"sink 'metrics': needs prometheus-client; {hint}"
