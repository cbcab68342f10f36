"""The dashboard's options, and what can be found wrong with them before anything starts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Le

from edgeinfer.sinks import secret

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a client may take: in all, and before it is given up.

    `connections`: twice the streams and listeners there may be. `handshake_s`: for TLS to begin.
    `head_s`: for a request to come, but for its body. `idle_s`: between two requests. `stall_s`:
    for who reads, to read something of what waits for it.
    """

    connections: int = 128
    handshake_s: float = 10.0
    head_s: float = 10.0
    body_s: float = 10.0
    idle_s: int = 15
    stall_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardOptions:
    """Without `password_file` nobody may change anything, and only this machine may look.

    `hosts` are names by which people call this machine, where they are not its own, as behind a
    reverse proxy. `folder` None: in the state directory. `most_bytes` is for the pictures of
    events, and once more for those that are collected. `fps` and `width` are a viewer's most.
    """

    address: str = "127.0.0.1"
    port: Annotated[int, Ge(1), Le(65_535)] = 8080
    password_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    hosts: tuple[str, ...] = ()
    folder: Path | None = None
    most_bytes: Annotated[int, Ge(1_000_000)] = 500_000_000
    fps: Annotated[float, Ge(0.1), Le(60)] = 5.0
    width: Annotated[int, Ge(160), Le(4096)] = 1280

    def __post_init__(self) -> None:
        try:
            loopback = ip_address(self.address).is_loopback
        except ValueError:
            raise ValueError(
                f"address {self.address!r} is none; write 127.0.0.1 for this machine alone, "
                "0.0.0.0 for everybody"
            ) from None
        if not loopback and self.password_file is None:
            raise ValueError(
                f"address {self.address} lets others in; give a password_file "
                "(`edgeinfer password FILE` makes one)"
            )
        for host in self.hosts:
            if not _HOST.fullmatch(host):
                raise ValueError(f"hosts: {host!r} is no name of a machine; leave out the port")

    @property
    def tls(self) -> tuple[Path, Path | None] | None:
        """Certificate and key; systemd's credentials of those names, where there are any."""
        if self.certificate is None:
            return None
        return secret.place(self.certificate), secret.place(self.key) if self.key else None

    @property
    def url(self) -> str:
        scheme = "https" if self.certificate else "http"
        address = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.address, self.address)  # noqa: S104 - compared
        bare = f"[{address}]" if ":" in address and "[" not in address else address
        return f"{scheme}://{bare}:{self.port}"
