"""The state directory: the little that is kept from one start to the next."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from edgeinfer import whole

_log = logging.getLogger(__name__)


def directory() -> Path | None:
    """Where this user's edgeinfer keeps its state, made if need be; None where it cannot write.

    `EDGEINFER_STATE` is taken first, then the unit's StateDirectory, then the home. That nothing
    can be kept is warned of once.
    """
    path = _named()
    try:
        # Only this user's: what lies here says what the camera saw.
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        _warn(path, error.strerror or str(error))
        return None
    if not os.access(path, os.W_OK | os.X_OK):
        _warn(path, "may not be written to")
        return None
    return path


def keep(path: Path, document: Mapping[str, Any]) -> None:
    """Replace a JSON file whole: after a power cut there is the old one or the new one.

    Raises: OSError: it cannot be written.
    """
    whole.write(path, json.dumps(document, ensure_ascii=False).encode())


def kept(path: Path) -> dict[str, Any]:
    """What `keep` wrote; empty where there is nothing, or nothing that can be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _named() -> Path:
    # systemd gives several directories as one text with colons; the first is the service's own.
    unit = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    chosen = os.environ.get("EDGEINFER_STATE") or unit
    if chosen:
        return Path(chosen)
    import platformdirs

    return platformdirs.user_state_path("edgeinfer")


@cache
def _warn(path: Path, reason: str) -> None:
    _log.warning("state directory %s: %s; nothing is kept for the next start", path, reason)
