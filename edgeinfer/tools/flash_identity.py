"""Flash: who the new Pi is, and how it is reached. Checked here, before anything is written."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from edgeinfer.errors import ConfigError, collect

_HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII | re.IGNORECASE)  # RFC 1123
_USER = re.compile(r"[a-z][a-z0-9_-]{0,31}", re.ASCII)  # as Debian's adduser has them
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)  # ISO 3166-1 alpha-2
# The list by which Raspberry Pi OS judges it, too; on any system with time zones.
_COUNTRIES = Path("/usr/share/zoneinfo/iso3166.tab")
_RAW_KEY = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_SSID_BYTES = range(1, 33)  # IEEE 802.11, 9.4.2.2
_PASSWORD_BYTES = range(8, 64)  # IEEE 802.11, J.4.1
_ROUNDS = 4096  # the same
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Wifi:
    """`key`: what the password and the name come to, 64 digits; "" where the network is open."""

    ssid: str
    key: str = field(repr=False)
    country: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """`ssh_keys`: public ones, a line each; without any, nobody can log in."""

    hostname: str
    user: str = "pi"
    ssh_keys: tuple[str, ...] = ()
    wifi: Wifi | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What a person said of it, not checked yet."""

    hostname: str
    user: str = "pi"
    ssh_key: Path | None = None
    ssid: str | None = None
    password: str = field(default="", repr=False)
    country: str | None = None
    hidden: bool = False


def identity(said: Words) -> Identity:
    """Raises: ConfigError: with every problem at once; no secret stands in it."""
    problems: list[str] = []
    keys = collect(problems, lambda: public_keys(said.ssh_key) if said.ssh_key else ())
    wifi = collect(problems, lambda: _wifi(said))
    if not _HOSTNAME.fullmatch(said.hostname):
        what = "should be letters, digits and hyphens, 63 at most, as in porch"
        problems.append(f"--hostname {said.hostname}: {what}")
    if said.user == "root":
        problems.append("--user root: nobody logs in as root; name a person, as in pi")
    elif not _USER.fullmatch(said.user):
        problems.append(f"--user {said.user}: should be small letters and digits, as in pi")
    if problems:
        raise ConfigError(problems)
    return Identity(said.hostname, said.user, keys or (), wifi)


def _wifi(said: Words) -> Wifi | None:
    if said.ssid is None:
        if said.country or said.hidden or said.password:
            raise ConfigError("--wifi: missing; the country, the password or --hidden belong to it")
        return None
    problems = [*_ssid_problems(said.ssid), *_password_problems(said.password)]
    problems += _country_problems(said.country)
    if problems:
        raise ConfigError(problems)
    assert said.country is not None  # noqa: S101 - for the type checker
    return Wifi(said.ssid, key(said.ssid, said.password), said.country, said.hidden)


def _ssid_problems(ssid: str) -> list[str]:
    if len(ssid.encode("utf-8", "surrogateescape")) not in _SSID_BYTES:
        return ["--wifi: the name of a network has from 1 to 32 bytes in UTF-8"]
    return [] if ssid.isprintable() else ["--wifi: has a sign that cannot be printed"]


def _country_problems(country: str | None) -> list[str]:
    """An unknown one would leave the radio off: UK, say, whose code is GB."""
    if country is None or not _COUNTRY.fullmatch(country):
        return ["--country: should be two capital letters, as in GB; the radio obeys its law"]
    if _COUNTRIES.exists() and f"\n{country}\t" not in _COUNTRIES.read_text(encoding="utf-8"):
        return [f"--country {country}: is no country of ISO 3166; Britain is GB, Germany is DE"]
    return []


def _password_problems(password: str) -> list[str]:
    """An open network has none."""
    if not password or _RAW_KEY.fullmatch(password):
        return []
    if not password.isprintable():
        return ["the Wi-Fi password: has a sign that cannot be printed"]
    if len(_normal(password)) not in _PASSWORD_BYTES:
        return ["the Wi-Fi password: should have from 8 to 63 bytes in UTF-8"]
    return []


def key(ssid: str, password: str) -> str:
    """The pre-shared key, so that the password itself does not lie on the card."""
    if not password or _RAW_KEY.fullmatch(password):
        return password.lower()
    salt = ssid.encode()
    return hashlib.pbkdf2_hmac("sha1", _normal(password), salt, _ROUNDS, _KEY_BYTES).hex()


def _normal(password: str) -> bytes:
    """An umlaut is one sign: some keyboards and terminals make a letter and two dots of it."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogateescape")


def public_keys(path: Path) -> tuple[str, ...]:
    """The lines of a .pub or of an authorized_keys.

    Raises: ConfigError: there is none in it, or it is a private one.
    """
    where = f"--ssh-key {path}"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{where}: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where}: is no public key of OpenSSH") from error
    if "PRIVATE KEY" in text:
        raise ConfigError(f"{where}: is a private key, which stays here; give {path}.pub")
    lines = [line.strip() for line in text.splitlines()]
    found = tuple(line for line in lines if line and not line.startswith("#"))
    if not found or not all(map(_is_public_key, found)):
        raise ConfigError(f"{where}: is no public key of OpenSSH; give a .pub, as ssh-keygen makes")
    return found


def _is_public_key(line: str) -> bool:
    """A kind, and data that says the same kind: RFC 4253, 6.6."""
    kind, _, rest = line.partition(" ")
    try:
        data = base64.b64decode(rest.partition(" ")[0], validate=True)
    except (binascii.Error, ValueError):
        return False
    name = kind.encode()
    return line.isprintable() and data.startswith(len(name).to_bytes(4, "big") + name)
