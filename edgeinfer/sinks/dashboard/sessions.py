"""Sessions: who has logged in, over restarts, until the password changes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from time import time

from edgeinfer import state

LIFE_S = 30 * 86_400
_MOST = 100
_FILE = "sessions.json"
_log = logging.getLogger(__name__)


class Sessions:
    """The tokens themselves are with the browsers alone; here lies what they hash to.

    `secret` is the password's own hash: with another password every session is over. Without a
    `folder` a restart ends them all.
    """

    def __init__(
        self, secret: str, folder: Path | None, clock_s: Callable[[], float] = time
    ) -> None:
        self._secret = secret
        self._path = folder / _FILE if folder else None
        self._clock_s = clock_s
        kept = state.kept(self._path) if self._path else {}
        self._ends_s = {key: s for key, s in kept.items() if isinstance(s, int | float)}

    def begin(self) -> str:
        """The token of a new session; beyond a hundred the oldest is over."""
        token = token_urlsafe(32)
        self._ends_s[self._key(token)] = self._clock_s() + LIFE_S
        for key in sorted(self._ends_s, key=self._ends_s.__getitem__)[:-_MOST]:
            del self._ends_s[key]
        self._keep()
        return token

    def knows(self, token: str) -> bool:
        return bool(token) and self._ends_s.get(self._key(token), 0.0) > self._clock_s()

    def end(self, token: str) -> None:
        if self._ends_s.pop(self._key(token), None) is not None:
            self._keep()

    def _key(self, token: str) -> str:
        return sha256(f"{self._secret} {token}".encode(errors="replace")).hexdigest()

    def _keep(self) -> None:
        now_s = self._clock_s()
        self._ends_s = {key: ends_s for key, ends_s in self._ends_s.items() if ends_s > now_s}
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            state.keep(self._path, self._ends_s)
        except OSError as error:
            _log.warning("%s: %s; a restart ends the sessions", self._path, error.strerror)
            self._path = None
