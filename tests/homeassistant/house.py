"""A real Home Assistant, without a browser: its venv, its files, its REST API."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep, time
from typing import Any, Self
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from tests.brokers import free_port

RELEASE = "2025.4.4"  # the newest for Python 3.13.0
_REQUIREMENTS = (f"homeassistant=={RELEASE}", "paho-mqtt==2.1.0")  # what its mqtt asks for
_PYENV = Path.home() / ".pyenv/versions"
DEADLINE_S = 60.0
"""Far beyond what any of this takes: it ends a test that would hang."""

_START_S = 300.0  # the first time, all of it is compiled
_LOOK_S = 0.1
_KEY = "for-a-test-alone"
_THEN = "2025-01-01T00:00:00+00:00"
_TOKEN_ID = "of-the-test"


def hass() -> Path:
    """Its program, in a venv that is made once: some minutes, 600 MB."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    venv = cache / "edgeinfer" / f"ha-{RELEASE}"
    program = venv / "bin/hass"
    if not program.exists():
        subprocess.run([_python(), "-m", "venv", "--clear", str(venv)], check=True)
        pip = [str(venv / "bin/python"), "-m", "pip", "install", "--quiet", *_REQUIREMENTS]
        subprocess.run(pip, check=True)
    return program


def _python() -> str:
    """A Python 3.13 that runs: pyenv's shims are there for versions that are not chosen, too."""
    candidates = [shutil.which("python3.13"), *sorted(_PYENV.glob("3.13.*/bin/python3.13"))]
    for candidate in map(str, filter(None, candidates)):
        asked = subprocess.run([candidate, "--version"], capture_output=True, check=False)
        if asked.returncode == 0:
            return candidate
    pytest.skip("no Python 3.13, which Home Assistant needs; install python3.13 with venv")


class House:
    """Home Assistant with one user, one broker, and nothing else."""

    def __init__(self, folder: Path, broker_port: int) -> None:
        self._hass = hass()
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._write(broker_port)

    def __enter__(self) -> Self:
        with (self._folder / "out.log").open("wb") as log:
            command = [str(self._hass), "--config", str(self._folder), "--skip-pip"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            self.wait_for("it runs", self._runs, _START_S)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(DEADLINE_S)

    def get(self, path: str) -> Any:
        return json.loads(self._ask(path))

    def states(self, device: str) -> dict[str, str]:
        """State by entity id of what belongs to the device."""
        found = {state["entity_id"]: state["state"] for state in self.get("states")}
        return {k: v for k, v in found.items() if k.partition(".")[2].startswith(f"{device}_")}

    def state(self, entity_id: str) -> str | None:
        with suppress(URLError):
            return str(self.get(f"states/{entity_id}")["state"])
        return None

    def attributes(self, entity_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"states/{entity_id}")["attributes"]
        return found

    def image(self, entity_id: str) -> bytes:
        return self._ask(f"image_proxy/{entity_id}")

    def call(self, service: str, entity_id: str) -> None:
        """As in switch/turn_on."""
        self._ask(f"services/{service}", {"entity_id": entity_id})

    def wait_until(self, entity_id: str, state: str | None) -> None:
        """None: there is no such entity."""
        self.wait_for(f"{entity_id} {state}", lambda: self.state(entity_id) == state)

    def _runs(self) -> bool:
        told = self.get("config")
        return told["state"] == "RUNNING" and "mqtt" in told["components"]

    def wait_for(
        self, what: str, question: Callable[[], object], limit_s: float = DEADLINE_S
    ) -> None:
        deadline_s = monotonic() + limit_s
        while True:
            with suppress(URLError, ConnectionError):
                if question():
                    return
            assert monotonic() < deadline_s, f"never: {what}\n{self.log()[-4000:]}"
            sleep(_LOOK_S)  # it has no other way to be asked

    def _ask(self, path: str, data: dict[str, Any] | None = None) -> bytes:
        url = f"http://127.0.0.1:{self._port}/api/{path}"
        body = None if data is None else json.dumps(data).encode()
        request = Request(url, body, {"Authorization": f"Bearer {_token()}"})
        with urlopen(request, timeout=DEADLINE_S) as answer:  # noqa: S310 - the same
            return bytes(answer.read())

    def log(self) -> str:
        return (self._folder / "out.log").read_text()

    def _write(self, broker_port: int) -> None:
        (self._folder / ".storage").mkdir(parents=True)
        (self._folder / "configuration.yaml").write_text(
            "homeassistant: {name: Test, unit_system: metric, time_zone: UTC}\n"
            f"http: {{server_host: 127.0.0.1, server_port: {self._port}}}\n"
            f"frontend: {{development_repo: {self._folder}}}\n"  # there are no pages for browsers
            "api:\nlogger: {default: warning}\n"
        )
        done = ["user", "core_config", "analytics", "integration"]
        self._store("onboarding", 4, {"done": done})
        self._store("core.config_entries", 1, {"entries": [_entry(broker_port)]}, minor=5)
        self._store("auth", 1, _auth())

    def _store(self, key: str, version: int, data: dict[str, Any], minor: int = 1) -> None:
        document = {"version": version, "minor_version": minor, "key": key, "data": data}
        (self._folder / ".storage" / key).write_text(json.dumps(document))


def _entry(broker_port: int) -> dict[str, Any]:
    broker = {"broker": "127.0.0.1", "port": broker_port}
    return {
        "domain": "mqtt",
        "data": {**broker, "discovery": True, "discovery_prefix": "homeassistant"},
        "entry_id": "mqtt-of-the-test",
        "source": "user",
        "title": "mqtt",
        "version": 1,
        "minor_version": 2,
        "options": {},
        "subentries": [],
        "unique_id": None,
        "disabled_by": None,
        "discovery_keys": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "created_at": _THEN,
        "modified_at": _THEN,
    }


def _auth() -> dict[str, Any]:
    """An owner with a token that lasts."""
    user = {
        "id": "owner",
        "name": "owner",
        "group_ids": ["system-admin"],
        "is_owner": True,
        "is_active": True,
        "system_generated": False,
    }
    token = {
        "id": _TOKEN_ID,
        "user_id": "owner",
        "client_id": None,
        "client_name": "test",
        "token_type": "long_lived_access_token",
        "created_at": _THEN,
        "access_token_expiration": 315360000.0,
        "token": "0" * 128,
        "jwt_key": _KEY,
    }
    return {"users": [user], "groups": [], "credentials": [], "refresh_tokens": [token]}


def _token() -> str:
    """A JSON Web Token (RFC 7519) signed with the key of that one, by HS256."""
    now = int(time())
    said = {"iss": _TOKEN_ID, "iat": now, "exp": now + 3600}
    signed = f"{_base64({'alg': 'HS256', 'typ': 'JWT'})}.{_base64(said)}"
    mac = hmac.digest(_KEY.encode(), signed.encode(), hashlib.sha256)
    return f"{signed}.{_url_safe(mac)}"


def _base64(document: dict[str, Any]) -> str:
    return _url_safe(json.dumps(document).encode())


def _url_safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
