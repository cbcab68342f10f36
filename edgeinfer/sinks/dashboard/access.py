"""Who may ask, and for what: names of this machine, sessions, and forged requests."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from hashlib import sha256
from hmac import compare_digest
from ipaddress import ip_address
from secrets import token_urlsafe
from urllib.parse import urlsplit

from edgeinfer.sinks.dashboard.exchange import RefusedError, Visitor
from edgeinfer.sinks.dashboard.sessions import Sessions

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    # Else any page that the same person looks at could show our pictures as its own.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Of every answer."""

READ_ONLY = (
    "read-only: no password is set; make one with `edgeinfer password FILE`, and name it as "
    "password_file in the sink's section"
)
LOG_IN = "log in first"


class Access:
    """`hosts` are names by which people call this machine, beside its own and its addresses."""

    def __init__(self, sessions: Sessions | None, hosts: Iterable[str] = ()) -> None:
        own = socket.gethostname().lower()
        self._hosts = {"localhost", own, f"{own}.local", *(host.lower() for host in hosts)}
        self.sessions = sessions
        self._secret = token_urlsafe(32)

    def check_host(self, host: str) -> None:
        """A stranger's name may lead to this address (DNS rebinding); a number cannot be borrowed.

        Raises: RefusedError: it is no name of this machine.
        """
        name = host_name(host)
        if name not in self._hosts and not _is_address(name):
            raise RefusedError(
                421, f"host {name[:100]!r}: not a name of this machine; add it to hosts"
            )

    def knows(self, visitor: Visitor) -> bool:
        """Whether it may look: with a password, that takes a session."""
        return self.sessions is None or self.sessions.knows(visitor.token)

    def why_not_change(self, visitor: Visitor) -> str | None:
        if self.sessions is None:
            return READ_ONLY
        return None if self.sessions.knows(visitor.token) else LOG_IN

    def may_change(self, visitor: Visitor) -> bool:
        return self.why_not_change(visitor) is None

    def csrf(self, visitor: Visitor) -> str | None:
        """What a page of ours, and no other, can know: it goes with the session, if there are any.

        None: log in first.
        """
        if not self.knows(visitor):
            return None
        secret = self._secret if self.sessions is None else visitor.token
        return sha256(f"csrf {secret}".encode()).hexdigest()

    def check_change(self, visitor: Visitor, headers: Mapping[str, str]) -> None:
        """Raises: RefusedError: it may not, or another page's doing."""
        if self.sessions is None:
            raise RefusedError(403, READ_ONLY)
        self.check_try(visitor, headers)

    def check_try(self, visitor: Visitor, headers: Mapping[str, str]) -> None:
        """Raises: RefusedError: not logged in, or another page's doing."""
        check_origin(headers)
        wanted = self.csrf(visitor)
        if wanted is None:
            raise RefusedError(401, LOG_IN)
        given = headers.get("x-csrf-token", "")
        if not compare_digest(given.encode(), wanted.encode()):
            raise RefusedError(
                403, "X-CSRF-Token: missing or wrong; take `csrf` of /api/v1/session"
            )


def check_origin(headers: Mapping[str, str]) -> None:
    """Raises: RefusedError: a browser says that another page than ours asks."""
    origin = headers.get("origin")
    site = headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none"):
        raise RefusedError(403, f"request of another page ({site}); ask from the dashboard itself")
    if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        raise RefusedError(403, "Origin: another page's; ask from the dashboard itself")


def host_name(host: str) -> str:
    """Without the port and without the brackets of IPv6."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower().rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
