from __future__ import annotations

import pytest

from edgeinfer.sources.address import is_url, why_silent, without_secrets


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://camera/stream", "rtsp://camera/stream"),
        ("rtsp://camera:554/stream", "rtsp://camera:554/stream"),
        ("rtsp://me:secret@camera:554/stream", "rtsp://camera:554/stream"),
        ("rtsp://me:se@cret@camera/stream", "rtsp://camera/stream"),
        ("rtsp://me:se/cret@camera/stream", "rtsp://camera/stream"),
        ("rtsp://me:se#c?ret@camera/stream", "rtsp://camera/stream"),
        ("rtsp://me@camera/stream", "rtsp://camera/stream"),
        ("rtsp://camera/@home", "rtsp://camera/@home"),
        ("rtsp://[fe80::1]:554/live", "rtsp://[fe80::1]:554/live"),
        (
            "http://camera/v?channel=1&password=secret&x=2",
            "http://camera/v?channel=1&password=***&x=2",
        ),
        (
            "rtsp://camera/user=me_password=se_cret_channel=1.sdp",
            "rtsp://camera/user=me_password=***",
        ),
        ("http://camera/v?Token=secret", "http://camera/v?Token=***"),
    ],
)
def test_no_secret_is_shown(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


@pytest.mark.parametrize("text", ["rtsp://camera", "HTTP://camera/x", "srt://host:1"])
def test_an_address_has_a_scheme(text: str) -> None:
    assert is_url(text)


@pytest.mark.parametrize("text", ["clip.mp4", "/dev/video0", "a b://c", "12:30.mp4", ""])
def test_a_file_is_no_address(text: str) -> None:
    assert not is_url(text)


def test_an_unescaped_slash_in_a_password_is_explained() -> None:
    assert why_silent("rtsp://me:se/cret@camera/stream").startswith("not an address; write")


def test_an_unknown_scheme_has_no_port_to_ask() -> None:
    assert why_silent("srt://camera/x") == "no video came from there; check the address"
