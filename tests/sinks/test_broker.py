from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from edgeinfer import config
from edgeinfer.errors import ConfigError
from edgeinfer.sinks.broker import Broker, BrokerOptions, check
from tests.brokers import write_certificates

SECRET = "correct horse"


def broker(uri: str, **options: Any) -> Broker:
    return check(BrokerOptions(uri, **options))


def problems(uri: str, **options: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        broker(uri, **options)
    assert SECRET not in str(caught.value)
    return [problem.partition(": ")[2] for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("uri", "name", "host", "port"),
    [
        ("mqtt://broker.lan", "mqtt://broker.lan:1883", "broker.lan", 1883),
        ("mqtts://broker.lan/", "mqtts://broker.lan:8883", "broker.lan", 8883),
        ("mqtt://10.0.0.2:99", "mqtt://10.0.0.2:99", "10.0.0.2", 99),
        ("mqtt://[::1]", "mqtt://[::1]:1883", "::1", 1883),
    ],
)
def test_a_uri_names_host_and_port(uri: str, name: str, host: str, port: int) -> None:
    found = broker(uri)
    assert (found.name, found.host, found.port) == (name, host, port)
    assert (found.tls is not None) == uri.startswith("mqtts")


def test_a_user_may_stand_in_the_uri_or_beside_it() -> None:
    assert broker("mqtt://por%40ch@broker.lan").user == "por@ch"
    assert broker("mqtt://broker.lan", user="porch").user == "porch"
    assert broker("mqtt://porch@broker.lan").name == "mqtt://broker.lan:1883"


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("http://broker.lan", "uri: scheme 'http' is unknown; write mqtt://host:1883"),
        ("broker.lan:1883", "uri: scheme 'broker.lan' is unknown; write mqtt://host:1883"),
        ("mqtt://", "uri: names no host; write mqtt://host:1883"),
        ("mqtt://broker.lan:port", "uri: is no address; write mqtt://host:1883"),
        ("mqtt://broker.lan:0", "uri: port 0 is none; write mqtt://host:1883"),
        ("mqtt://broker.lan:70000", "uri: is no address; write mqtt://host:1883"),
        ("mqtt://broker.lan/topic", "uri: ends too late; write mqtt://host:1883"),
    ],
)
def test_a_uri_that_names_no_broker_is_said(uri: str, problem: str) -> None:
    assert any(line.startswith(problem) for line in problems(uri))


@pytest.mark.parametrize(
    "uri",
    [
        f"mqtt://porch:{SECRET}@broker.lan",
        f"mqtt://porch:{SECRET}/@broker.lan",
        f"mqtt://porch:{SECRET}#@broker.lan",
        f"porch:{SECRET}@broker.lan",
        f"mqtt://porch:a@{SECRET}@broker.lan",
    ],
)
def test_a_password_in_the_uri_is_refused_and_not_repeated(uri: str) -> None:
    assert problems(uri)


def test_the_refused_password_is_sent_to_its_file() -> None:
    wanted = "uri: no place for a password; put it into a password_file"
    assert problems("mqtt://porch:correct@broker.lan") == [wanted]


def test_a_password_is_its_file_without_the_line_end(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text(f" {SECRET} \r\n")
    found = broker("mqtt://porch@broker.lan", password_file=path)
    assert found.password == f" {SECRET} "
    assert SECRET not in repr(found)


def test_a_password_file_must_hold_a_users_password(tmp_path: Path) -> None:
    missing, empty, binary = (tmp_path / name for name in ("missing", "empty", "binary"))
    empty.write_text("\n")
    binary.write_bytes(b"\xff\xfe")
    uri = "mqtt://porch@broker.lan"
    assert problems(uri, password_file=missing) == [
        f"password_file: {missing}: no such file or directory"
    ]
    assert problems(uri, password_file=empty) == [
        f"password_file: {empty}: is empty; write the password into it"
    ]
    assert problems(uri, password_file=binary) == [f"password_file: {binary}: is no text in UTF-8"]
    assert problems(uri, password_file=tmp_path) == [f"password_file: {tmp_path}: is a directory"]


def test_every_problem_is_said_at_once(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    found = problems(
        "mqtts://broker.lan", password_file=missing, ca=missing, certificate=missing, prefix="a/#"
    )
    assert found == [
        "password_file: is for a user; add `user`",
        f"password_file: {missing}: no such file or directory",
        f"ca: {missing}: no such file or directory",
        f"certificate: {missing}: no such file or directory",
        "certificate, key: one without the other; give both",
        "prefix: 'a/#' cannot begin a topic; as in edgeinfer",
    ]


@pytest.mark.parametrize("prefix", ["", "/", "a/", "/a", "a+b", "#"])
def test_a_prefix_that_cannot_begin_a_topic_is_said(prefix: str) -> None:
    assert problems("mqtt://broker.lan", prefix=prefix)[0].startswith("prefix: ")


def test_tls_files_without_tls_are_said(tmp_path: Path) -> None:
    files = write_certificates(tmp_path)
    assert problems("mqtt://broker.lan", ca=files.ca) == [
        "ca: for TLS alone; write mqtts:// in uri"
    ]


def test_files_that_hold_no_certificate_are_said(tmp_path: Path) -> None:
    files = write_certificates(tmp_path)
    words = tmp_path / "words"
    words.write_text("not a certificate")
    uri = "mqtts://broker.lan"
    assert problems(uri, ca=words) == [f"ca: {words}: is no certificate in PEM form"]
    assert problems(uri, certificate=files.client, key=files.ca) == [
        f"certificate, key: {files.client}, {files.ca}: no matching, unlocked pair in PEM form"
    ]


def test_only_the_given_ca_is_trusted(tmp_path: Path) -> None:
    files = write_certificates(tmp_path)
    given = broker("mqtts://broker.lan", ca=files.ca).tls
    assert given is not None
    assert len(given.get_ca_certs()) == 1
    assert given.verify_mode is ssl.CERT_REQUIRED
    assert given.check_hostname


def test_options_come_from_a_table_of_the_configuration(tmp_path: Path) -> None:
    wrong: list[str] = []
    table = {"uri": "mqtt://broker.lan", "version": "5", "ca": str(tmp_path), "event_qos": 0}
    options = config.check(BrokerOptions, table, "sink 1", wrong)
    assert wrong == []
    assert options == BrokerOptions("mqtt://broker.lan", version="5", ca=tmp_path, event_qos=0)
    config.check(BrokerOptions, {**table, "event_qos": 2, "password": SECRET}, "sink 1", wrong)
    assert wrong == [
        "sink 1.password: unknown; did you mean password_file?",
        "sink 1.event_qos: 2 should be 0 or 1",
    ]
