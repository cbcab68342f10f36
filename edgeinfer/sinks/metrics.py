"""MetricsSink: what a Prometheus server asks for, over HTTP; docs/sinks.md lists it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Thread
from types import TracebackType
from typing import Annotated, Any, ClassVar, Self
from wsgiref.simple_server import WSGIServer

from annotated_types import Ge, Le

from edgeinfer import __version__
from edgeinfer.core.results import Event, Health, Message, Result
from edgeinfer.errors import SinkError, lacking
from edgeinfer.sinks.health_metrics import Metric, metrics_of

try:
    from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
except ModuleNotFoundError as error:
    raise lacking("sink 'metrics'", "prometheus-client", "metrics") from error

# From an Edge TPU's fastest model to what no person waits for.
_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
# Rules are a dozen and have a few kinds each; a plug-in that invents kinds would fill the server.
_MOST_EVENTS = 200
_HINTS = {
    errno.EADDRINUSE: "give another port, or end the program that has it",
    errno.EADDRNOTAVAIL: "give an address of this machine",
    errno.EACCES: "give a port from 1024 on",
}


class MetricsSink:
    """Answers on `/metrics` from its first message until it is left."""

    argument: ClassVar[str] = "port"
    wants: ClassVar[tuple[type[Message], ...]] = (Result, Event, Health)

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Options:
        """Whoever reaches `address` can read: by default only this machine."""

        address: str = "127.0.0.1"
        port: Annotated[int, Ge(1), Le(65_535)] = 9532

        def __post_init__(self) -> None:
            try:
                ip_address(self.address)
            except ValueError:
                raise ValueError(
                    f"address {self.address!r} is none; write 127.0.0.1 for this machine alone, "
                    "0.0.0.0 for everybody"
                ) from None

    def __init__(self, options: Options, device: str) -> None:
        self._options = options
        self._server: tuple[WSGIServer, Thread] | None = None
        self._health: Health | None = None
        self._identity = {"version": __version__, "device": device}
        self._registry = CollectorRegistry()
        self._registry.register(_Asked(self))
        self._latency = Histogram(
            "edgeinfer_latency_seconds",
            "Time of a frame by stage",
            ["stage"],
            buckets=_BUCKETS_S,
            registry=self._registry,
        )
        self._events = Counter(
            "edgeinfer_events", "Events by rule and kind", ["rule", "kind"], registry=self._registry
        )
        self._known: set[tuple[str, str]] = set()

    @property
    def name(self) -> str:
        address, port = self._options.address, self._options.port
        return f"metrics http://{f'[{address}]' if ':' in address else address}:{port}"

    def __enter__(self) -> Self:
        """The first message opens the port: one that is taken is waited for, and stops no frame."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server:
            server, thread = self._server
            self._server = None
            server.shutdown()
            server.server_close()
            thread.join()

    def send(self, message: Message) -> None:
        """Count it.

        Raises: SinkError: the port cannot be had.
        """
        if self._server is None:
            self._listen()
        match message:
            case Result():
                self._observe(message)
            case Event():
                self._events.labels(*self._bounded(message.rule, message.kind)).inc()
            case Health():
                self._health = message

    def collected(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """What the newest health says; by the thread of the server."""
        facts: dict[str, Any] = dict(self._health.facts) if self._health else {}
        model = {"model": facts["model"]} if isinstance(facts.get("model"), str) else {}
        yield _family(Metric("edgeinfer_info", "Who answers", {**self._identity, **model}, 1.0))
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for metric in metrics_of(facts):
            family = families.get(metric.name)
            if family is None:
                families[metric.name] = _family(metric)
            else:
                family.add_metric(_texts(metric), metric.value)
        yield from families.values()

    def _listen(self) -> None:
        try:
            self._server = start_http_server(
                self._options.port, self._options.address, self._registry
            )
        except OSError as error:
            what = (error.strerror or str(error)).lower()
            hint = _HINTS.get(error.errno or 0)
            said = f"{self.name}: {what}"
            raise SinkError(f"{said}; {hint}" if hint else said) from error

    def _observe(self, result: Result) -> None:
        timing = result.timing
        for stage, ms in (
            ("waited", timing.waited_ms),
            ("prepare", timing.prepare_ms),
            ("invoke", timing.invoke_ms),
            ("decode", timing.decode_ms),
            ("total", timing.total_ms),
        ):
            self._latency.labels(stage).observe(ms / 1000)

    def _bounded(self, rule: str, kind: str) -> tuple[str, str]:
        if (rule, kind) not in self._known and len(self._known) >= _MOST_EVENTS:
            return "other", "other"
        self._known.add((rule, kind))
        return rule, kind


class _Asked:
    """What the registry asks at every scrape."""

    def __init__(self, sink: MetricsSink) -> None:
        self._sink = sink

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        return self._sink.collected()


def _family(metric: Metric) -> CounterMetricFamily | GaugeMetricFamily:
    """One family with its first sample."""
    kind = CounterMetricFamily if metric.name.endswith("_total") else GaugeMetricFamily
    family = kind(metric.name.removesuffix("_total"), metric.help, labels=list(metric.labels))
    family.add_metric(_texts(metric), metric.value)
    return family


def _texts(metric: Metric) -> list[str]:
    """The values of its labels; a file name that is not UTF-8 has question marks."""
    return [value.encode(errors="replace").decode() for value in metric.labels.values()]
