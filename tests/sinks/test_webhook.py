from __future__ import annotations

import json
import logging
import socket
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from edgeinfer import __version__
from edgeinfer.core.results import Event, Health, Result
from edgeinfer.errors import SinkError
from edgeinfer.runtime.delivery import Delivery
from edgeinfer.runtime.outbox import Outbox
from edgeinfer.runtime.publisher import Publisher
from edgeinfer.sinks.webhook import WebhookSink
from edgeinfer.wire import to_json
from tests.brokers import free_port, write_certificates
from tests.sinks.messages import NOON_NS, event, result
from tests.sinks.web import Web

SECRET = "Bearer tell-nobody"


def sink(uri: str, **options: Any) -> WebhookSink:
    return WebhookSink(WebhookSink.Options(uri=uri, **options), "porch")


def secret_file(folder: Path, text: str = SECRET + "\n") -> Path:
    path = folder / "secret"
    path.write_text(text)
    return path


def reason(uri: str, **options: Any) -> str:
    with sink(uri, **options) as webhook, pytest.raises(SinkError) as caught:
        webhook.send(event())
    return str(caught.value).removeprefix(f"{webhook.name}: ")


def test_an_event_arrives_as_its_json_at_the_path_of_the_uri() -> None:
    sent = event()
    with Web() as web, sink(f"{web.uri}/hook/a%20b?key=1") as webhook:
        webhook.send(sent)
    (posted,) = web.posted
    assert posted.path == "/hook/a%20b?key=1"
    assert posted.body.decode() == to_json(sent)
    assert posted.headers["Content-Type"] == "application/json; charset=utf-8"
    assert posted.headers["User-Agent"] == f"edgeinfer/{__version__}"
    assert posted.headers["Host"] == f"localhost:{web.port}"


def test_results_stay_at_home_unless_they_are_wanted() -> None:
    with Web() as web, sink(web.uri) as webhook:
        webhook.send(result())
        webhook.send(Health(NOON_NS, {}))
    assert not web.posted
    assert webhook.wants == (Event,)
    with Web() as web, sink(web.uri, results=True) as webhook:
        webhook.send(result())
    assert json.loads(web.posted[0].body)["type"] == "result"
    assert webhook.wants == (Result, Event)


def test_the_secret_goes_into_its_header_and_nowhere_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = secret_file(tmp_path)
    with (
        Web(404, 500) as web,
        sink(f"{web.uri}/secret-path", header="Authorization", secret_file=path) as webhook,
    ):
        webhook.send(event())
        with pytest.raises(SinkError) as caught:
            webhook.send(event())
    assert [posted.headers["Authorization"] for posted in web.posted] == [SECRET] * 2
    told = f"{caught.value} {caplog.text} {webhook.name} {webhook._endpoint!r}"
    assert "tell-nobody" not in told
    assert "secret-path" not in f"{caught.value} {caplog.text} {webhook.name}"


def test_a_server_with_a_certificate_of_our_ca_is_trusted(tmp_path: Path) -> None:
    files = write_certificates(tmp_path)
    with Web(certificates=files) as web, sink(web.uri, ca=files.ca) as webhook:
        webhook.probe()
        webhook.send(event())
    assert len(web.posted) == 1


def test_a_server_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    with Web(certificates=write_certificates(tmp_path)) as web:
        said = reason(web.uri)
    assert said.startswith("certificate verify failed: ")
    assert said.endswith("; give the CA of the server as `ca`, or check this machine's clock")
    assert not web.posted


def test_a_certificate_for_another_name_gets_nothing(tmp_path: Path) -> None:
    files = write_certificates(tmp_path, ("house.example.org",))
    with Web(certificates=files) as web:
        assert reason(web.uri, ca=files.ca).startswith("certificate verify failed: Hostname mism")
    assert not web.posted


def test_tls_where_plain_http_is_spoken_is_said() -> None:
    with Web() as web:
        said = reason(web.uri.replace("http:", "https:"))
    assert said == "TLS failed; is this the server's port for TLS?"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_and_the_secret_stays(tmp_path: Path, status: int) -> None:
    path = secret_file(tmp_path)
    with Web() as other, Web(status) as web:
        web.location = other.uri
        said = reason(web.uri, header="X-Secret", secret_file=path)
    assert said.endswith("; write the address that it names into uri")
    assert not other.posted


@pytest.mark.parametrize("status", [401, 403, 408, 425, 429, 500, 502, 503, 599])
def test_what_may_change_is_offered_again(status: int) -> None:
    with Web(status) as web:
        assert reason(web.uri).startswith(f"answers {status}")


@pytest.mark.parametrize("status", [400, 404, 410, 413, 422, 499])
def test_what_is_refused_for_good_does_not_block_the_next(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with Web(status, status) as web, sink(web.uri) as webhook:
        for seq in range(3):
            webhook.send(event(seq=seq))
    assert webhook.refused == 2
    assert len(web.posted) == 3
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert f"answers {status}" in said[0]
    assert said[1:] == [f"{webhook.name}: refused 2 messages in all"]


def test_the_outbox_offers_again_and_in_order() -> None:
    sent = [event(seq=seq) for seq in range(3)]
    outbox = Outbox(10)
    for message in sent:
        outbox.offer(message)
    outbox.close()
    with Web(503, 200, 404) as web:
        Delivery(sink(web.uri), outbox)()
    ids = [json.loads(posted.body)["id"] for posted in web.posted]
    assert ids == [sent[0].id, sent[0].id, sent[1].id, sent[2].id]
    assert (outbox.delivered, outbox.dropped) == (3, 0)


def test_a_server_that_says_nothing_is_given_up_after_the_limit() -> None:
    with Web() as web:
        web.silent.set()
        assert reason(web.uri, timeout_s=0.05).startswith("no answer in time; check host")


def test_a_server_that_is_not_there_is_said() -> None:
    said = reason(f"http://localhost:{free_port()}")
    assert said == "connection refused; does the server run on this port?"


@pytest.mark.parametrize("host", ["hook.invalid", f"{'a' * 70}.lan", "a..b"])
def test_a_name_that_nobody_has_is_said(host: str) -> None:
    assert reason(f"http://{host}") == "name not found; check the host in uri, and the DNS"
    with pytest.raises(SinkError, match="name not found"):
        sink(f"http://{host}").probe()


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_what_is_no_web_server_is_said(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            taken = server.accept()[0]
            with taken:
                taken.recv(1 << 16)
                taken.sendall(answer)

        speaker = Thread(target=talk)
        speaker.start()
        said = reason(f"http://127.0.0.1:{server.getsockname()[1]}")
        speaker.join()
    assert said == "the answer is no HTTP; is this the port of a web server?"


def test_undelivered_events_wait_for_their_own_address_alone() -> None:
    names = {sink(uri).durable for uri in ("http://house.lan/a", "http://house.lan/b")}
    assert len(names) == 2
    assert all(name.startswith("webhook http://house.lan:80 ") for name in names)


def test_a_service_keeps_what_the_server_has_not_taken(tmp_path: Path) -> None:
    uri = f"http://127.0.0.1:{free_port()}/secret-path"
    publisher = Publisher([sink(uri)], patient=False, state=tmp_path)
    publisher.publish(event())
    publisher.close()
    publisher.abandon()
    (kept,) = publisher.reports()
    assert (kept.kept, kept.dropped) == (1, 0)
    assert "secret-path" not in "".join(path.name for path in tmp_path.iterdir())
