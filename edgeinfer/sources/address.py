"""The address of a stream: how it may be shown, and why nothing comes from it."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

_PORTS = {"rtsp": 554, "rtsps": 322, "rtmp": 1935, "http": 80, "https": 443}
_PROBE_S = 3.0
_USER = re.compile(r"://[^/?#]*@")
# A password with an unescaped / ? or # ends the host too early: then hide all up to the last @.
_BROKEN_USER = re.compile(r"://[^/?#@:]+:(?!\d+(?:[/?#]|$)).*@")
_SECRET = re.compile(r"([?&][^=&]*(?:pass|pwd|user|token|key|auth)[^=&]*=)[^&#]*", re.IGNORECASE)
# Some cameras want it in the path: /user=admin_password=x_channel=1_stream=0.sdp
_PATH_SECRET = re.compile(r"(://[^?]*?(?:pass|pwd)[^=/?]*=).*", re.IGNORECASE)


def is_url(text: str) -> bool:
    return re.match(r"[a-z][a-z0-9+.-]*://", text, re.IGNORECASE) is not None


def without_secrets(url: str) -> str:
    """The address without user and password, for logs and messages."""
    url = _BROKEN_USER.sub("://", _USER.sub("://", url))
    return _PATH_SECRET.sub(r"\1***", _SECRET.sub(r"\1***", url))


def why_silent(url: str) -> str:
    """What is wrong with a server that gave no video: FFmpeg does not say."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme.lower())
    except ValueError:
        return "not an address; write a / ? # or @ of a password as %2F %3F %23 %40"
    if parts.hostname is None or port is None:
        return "no video came from there; check the address"
    try:
        socket.create_connection((parts.hostname, port), timeout=_PROBE_S).close()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return f"{reason}; check the address, and that the camera is on"
    return "the server answers but gives no video; check path, user and password"
