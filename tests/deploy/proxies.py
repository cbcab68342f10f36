"""The reverse proxies of deploy/proxy: their own files, with ports and certificates of a test."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection
from time import monotonic, sleep

import pytest

from tests.brokers import DEADLINE_S, PATH, Certificates, free_port, write_certificates
from tests.conftest import ROOT

NAME = "cam.example.org"
_FOLDER = ROOT / "deploy/proxy"

_NGINX = """\
daemon off;
{user}
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""
# It takes the ports that it is given alone, asks nobody for a certificate, and ends when told to.
_CADDY = "{\n\tadmin off\n\tauto_https disable_redirects\n\tgrace_period 1s\n}\n"


@dataclass(frozen=True, slots=True)
class Proxy:
    """Speaks TLS on a port of loopback, by the name of the example."""

    port: int
    certificates: Certificates

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}"


Start = Callable[[Path, int, Proxy], list[str]]


def _nginx(folder: Path, behind: int, proxy: Proxy) -> list[str]:
    pem = proxy.certificates.server
    site = _changed(
        (_FOLDER / "nginx.conf").read_text(),
        {
            "listen 443 ssl;": f"listen 127.0.0.1:{proxy.port} ssl;",
            "listen [::]:443 ssl;": "",
            f"/etc/letsencrypt/live/{NAME}/fullchain.pem": str(pem),
            f"/etc/letsencrypt/live/{NAME}/privkey.pem": str(pem),
            "127.0.0.1:8080": f"127.0.0.1:{behind}",
        },
    )
    (folder / "site.conf").write_text(site)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, user=user))
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def _caddy(folder: Path, behind: int, proxy: Proxy) -> list[str]:
    pem = proxy.certificates.server
    site = _changed(
        (_FOLDER / "Caddyfile").read_text(),
        {
            f"\n{NAME} {{": f"\n{NAME}:{proxy.port} {{\n\tbind 127.0.0.1\n\ttls {pem} {pem}",
            "127.0.0.1:8080": f"127.0.0.1:{behind}",
        },
    )
    file = folder / "Caddyfile"
    file.write_text(_CADDY + site)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]


KINDS: Mapping[str, Start] = {"nginx": _nginx, "caddy": _caddy}


def _changed(text: str, pairs: Mapping[str, str]) -> str:
    for old, new in pairs.items():
        assert old in text, f"{old!r} is not in the example any more"
        text = text.replace(old, new)
    return text


@contextmanager
def before(kind: str, folder: Path, behind: int) -> Iterator[Proxy]:
    """That proxy, before a dashboard on the port `behind`."""
    if shutil.which(kind, path=PATH) is None:
        pytest.skip(f"no {kind}: apt install {kind}")
    folder.mkdir()
    proxy = Proxy(free_port(), write_certificates(folder, (NAME,)))
    command = KINDS[kind](folder, behind, proxy)
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    log = folder / "log"
    with log.open("w") as told:
        process = subprocess.Popen(command, stderr=told, env={**os.environ, "PATH": PATH, **home})
        try:
            _wait(proxy.port, process, log)
            yield proxy
        finally:
            process.terminate()
            process.wait(DEADLINE_S)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = monotonic() + DEADLINE_S
    while monotonic() < until:
        assert process.poll() is None, log.read_text()
        with suppress(OSError), create_connection(("127.0.0.1", port), timeout=1):
            return
        sleep(0.05)
    raise AssertionError(log.read_text())
