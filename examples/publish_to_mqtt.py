"""The runtime out of one's own parts: a source, a model, a rule that is written here, a broker.

    mosquitto_sub -v -t 'edgeinfer/#' &
    python examples/publish_to_mqtt.py mqtt://127.0.0.1:1883

It has what `edgeinfer run` has: threads, an outbox that waits for an absent broker, and an ending
on Ctrl-C or SIGTERM that delivers what was taken in.
"""

import signal
import sys
from collections.abc import Sequence

from edgeinfer.assembly import open_pipeline, open_source
from edgeinfer.core.results import Detection, Event, Result
from edgeinfer.runtime.service import Service
from edgeinfer.sinks.mqtt import MqttSink


class Newcomers:
    """An event for each label that the frame before did not have."""

    def __init__(self) -> None:
        self._before: set[str] = set()

    def update(self, result: Result) -> Sequence[Event]:
        labels = {found.label for found in result.findings if isinstance(found, Detection)}
        new, self._before = sorted(labels - self._before), labels
        return [Event("newcomers", "appeared", result, {"label": label}) for label in new]


service = Service(
    open_source("synthetic:signs", frames=90),
    open_pipeline("coco_ssd_mobilenet_v1"),
    [MqttSink(MqttSink.Options(uri=sys.argv[1]), device="porch")],
    rules=[Newcomers()],
)
signal.signal(signal.SIGTERM, lambda *_: service.stop())
signal.signal(signal.SIGINT, lambda *_: service.stop())
report = service.run()
print(f"{report.results} results, {report.sinks[0].delivered} messages delivered")
