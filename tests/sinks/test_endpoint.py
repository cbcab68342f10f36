from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeinfer.errors import ConfigError
from edgeinfer.sinks.endpoint import Endpoint, WebhookOptions, check


def endpoint(uri: str, **options: Any) -> Endpoint:
    return check(WebhookOptions(uri=uri, **options))


def secret(folder: Path, text: str = "Bearer tell-nobody\n") -> Path:
    path = folder / "secret"
    path.write_text(text)
    return path


def test_the_parts_of_an_address() -> None:
    plain, tls = endpoint("http://[::1]"), endpoint("https://House.lan/a/b?c=d")
    assert (plain.name, plain.host, plain.path) == ("webhook http://[::1]:80", "::1", "/")
    assert (tls.name, tls.port, tls.path) == ("webhook https://house.lan:443", 443, "/a/b?c=d")
    assert plain.tls is None
    assert tls.tls is not None


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("https://", "uri: names no host"),
        ("https:///hook", "uri: names no host"),
        ("house.lan/hook", "uri: is neither http:// nor https://"),
        ("ftp://house.lan", "uri: is neither http:// nor https://"),
        ("http://house.lan:0/", "uri: port 0 is none"),
        ("http://house.lan:99999/", "uri: is no address"),
        ("http://[::1/", "uri: is no address"),
        ("http://me:hidden@house.lan/", "uri: no place for a password"),
        ("http://house.lan/#part", "uri: what follows # is never sent"),
        ("http://house.lan/a b", "uri: holds what no address may"),
        ("http://house.lan/\r\nX-Bad: 1", "uri: holds what no address may"),
        ("http://häuschen.lan/", "uri: holds what no address may"),
    ],
)
def test_an_address_that_cannot_be_is_refused(uri: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        endpoint(uri)
    assert said in str(caught.value)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one\ntwo\n", "has more than one line"),
        ("one\r\nX-Bad: 1", "has more than one line"),
        ("schlüssel", "is not one line of plain letters"),
        ("\n", "is empty; write the value of the header into it"),
    ],
)
def test_a_secret_that_is_no_value_of_a_header_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    path = secret(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        endpoint("http://house.lan", header="X-Secret", secret_file=path)
    assert str(caught.value).startswith(f"sink webhook house.lan: secret_file: {path}: {said}")
    assert "one" not in str(caught.value).partition("secret: ")[2].replace(said, "")


def test_everything_that_is_wrong_with_the_files_is_said_together(tmp_path: Path) -> None:
    none = tmp_path / "none"
    with pytest.raises(ConfigError) as caught:
        endpoint("https://house.lan", header="bad name", secret_file=none, ca=none)
    assert [problem.partition(": ")[2] for problem in caught.value.problems] == [
        "header: is no name of one; as in Authorization",
        f"secret_file: {none}: no such file or directory",
        f"ca: {none}: no such file or directory",
    ]


def test_a_header_needs_its_secret_and_may_not_be_ours(tmp_path: Path) -> None:
    for options in ({"header": "X-Secret"}, {"secret_file": secret(tmp_path)}):
        with pytest.raises(ConfigError, match="one without the other; give both"):
            endpoint("http://house.lan", **options)
    with pytest.raises(ConfigError, match="header: Host is set by edgeinfer; take another"):
        endpoint("http://house.lan", header="Host", secret_file=secret(tmp_path))
    with pytest.raises(ConfigError, match="ca: for TLS alone; write https://"):
        endpoint("http://house.lan", ca=secret(tmp_path))
    with pytest.raises(ConfigError, match="is no certificate in PEM form"):
        endpoint("https://house.lan", ca=secret(tmp_path))
