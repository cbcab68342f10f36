"""Why a broker cannot be reached, or does not let us in, in words with what to do about it."""

from __future__ import annotations

import socket
import ssl

_NETWORK = (
    ((socket.gaierror, UnicodeError), "name not found; check the host in uri, and the DNS"),
    ((TimeoutError,), "no answer; check host, port and firewall"),
    ((ConnectionRefusedError,), "connection refused; is the broker running on this port?"),
    ((ConnectionResetError,), "connection reset; for mqtts, is this the broker's port for TLS?"),
)


def why(error: OSError | UnicodeError) -> str:
    """What stands between us and the broker, as `what; hint`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {error.verify_message}; {_mend(error)}"
    if isinstance(error, ssl.SSLError):
        return tls_refusal(str(error))
    known = [words for kinds, words in _NETWORK if isinstance(error, kinds)]
    return known[0] if known else (getattr(error, "strerror", None) or str(error)).lower()


def _mend(error: ssl.SSLCertVerificationError) -> str:
    """By OpenSSL's X509_V_ERR numbers: 9 not yet valid, 10 expired, 62 host, 64 address."""
    if error.verify_code in (9, 10):
        return "check this machine's clock, then the broker's certificate"
    if error.verify_code in (62, 64):
        return "write the name that stands in the certificate into uri"
    return "give the broker's CA as `ca`"


def tls_refusal(text: str) -> str:
    """OpenSSL's "[SSL: CODE] words (_ssl.c:123)" as `what; hint`."""
    words = text.rpartition("] ")[2].partition(" (_ssl")[0]
    if " alert " in words:  # the broker said it; else it is we who do not understand
        return f"TLS refused: {words}; give a certificate and key that the broker trusts"
    return f"TLS failed: {words}; is this the broker's port for TLS?"


_REFUSALS = {
    "bad user name or password": "check user and password_file",
    "not authorized": "check user and password_file, and what the broker allows them",
    "client identifier not valid": "set client_id to one that the broker takes",
    "unsupported protocol version": "set version to one that the broker speaks",
    "session taken over": "another program uses this client_id; give each its own",
}


def refusal(reason: str) -> str:
    """The broker's reason, with what to do about it where that is known."""
    words = reason.lower()
    hint = _REFUSALS.get(words)
    return f"{words}; {hint}" if hint else words
