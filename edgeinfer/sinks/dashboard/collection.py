"""Collection: pictures for training, a folder for each label, within a bound."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Annotated, Any

from annotated_types import Ge, Le

from edgeinfer import state, whole
from edgeinfer.core.frame import Frame
from edgeinfer.core.results import Event
from edgeinfer.sinks.dashboard.exchange import RefusedError
from edgeinfer.sinks.dashboard.pictures import encoded
from edgeinfer.sinks.shelf import stamp

GOAL, GOAL_TRANSFER = 1000, 100
"""Pictures of each class to train a model from nothing (the talk's rule of thumb), and about how
many do where a trained one is taught a new class."""

_QUALITY = 95  # a model learns a JPEG's blocks, too
_SETTING = "automatic.json"
_LABEL = re.compile(r"[^\W_][\w .,()'&+-]{0,63}")
_MOST_LABELS = 1000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Automatic:
    """Every event of `rule` gives a picture, at most one in `every_s`; `label` "": the event's."""

    rule: str | None = None
    label: str = ""
    every_s: Annotated[float, Ge(1), Le(86_400)] = 10.0


class Collection:
    """`folder` None: nothing can be kept."""

    def __init__(
        self, folder: Path | None, most_bytes: int, clock: Callable[[], float] = monotonic
    ) -> None:
        self.folder = folder
        self._most_bytes = most_bytes
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[str, int] | None = None
        self._bytes = 0
        self._kept_s = float("-inf")
        self._warned = False
        self.automatic = self._setting()

    def facts(self) -> dict[str, Any]:
        with self._lock:
            kept = dict(self._counted())
        return {
            "folder": None if self.folder is None else str(self.folder),
            "labels": [
                {"label": label, "kept": count, "goal": GOAL, "goal_transfer": GOAL_TRANSFER}
                for label, count in sorted(kept.items())
            ],
            "automatic": None if self.automatic.rule is None else asdict(self.automatic),
            "bytes": self._bytes,
            "most_bytes": self._most_bytes,
        }

    def keep(self, frame: Frame, label: str) -> int:
        """How many there are of that label by now.

        Raises: RefusedError: no such label can be, there is no room, or no disk.
        """
        label = label.strip()
        if not _LABEL.fullmatch(label):
            raise _wrong(label)
        if self.folder is None:
            raise RefusedError(409, "collect: no folder can be written; give the sink a `folder`")
        with self._lock:
            return self._keep(self.folder, encoded(frame, frame.width_px, _QUALITY), frame, label)

    def choose(self, automatic: Automatic) -> None:
        """Raises: RefusedError: no such label can be, or it cannot be kept over a restart."""
        if automatic.label and not _LABEL.fullmatch(automatic.label):
            raise _wrong(automatic.label)
        self.automatic = automatic
        if self.folder is not None:
            try:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                state.keep(self.folder / _SETTING, asdict(automatic))
            except OSError as error:
                raise _refused(self.folder, error) from error

    def take(self, event: Event) -> None:
        """The picture of an event, if it is one that is wanted; by the sink's thread."""
        wanted, frame = self.automatic, event.shown.frame
        if wanted.rule != event.rule or not frame.width_px:
            return
        if self._clock() - self._kept_s < wanted.every_s:
            return
        self._kept_s = self._clock()
        try:
            self.keep(frame, wanted.label or str(event.facts.get("label") or event.rule))
        except RefusedError as error:
            if not self._warned:
                self._warned = True
                _log.warning("%s; pictures are not kept for training", error)

    def _keep(self, folder: Path, data: bytes, frame: Frame, label: str) -> int:
        kept = self._counted()
        if self._bytes + len(data) > self._most_bytes:
            raise RefusedError(409, f"{folder}: full; move pictures away, or raise most_bytes")
        if label not in kept and len(kept) >= _MOST_LABELS:
            raise RefusedError(409, f"{folder}: {_MOST_LABELS} labels already")
        try:
            (folder / label).mkdir(parents=True, exist_ok=True, mode=0o700)
            whole.write(folder / label / f"{stamp(frame.wall_ns)}_{frame.seq}.jpg", data)
        except OSError as error:
            raise _refused(folder, error) from error
        kept[label] = kept.get(label, 0) + 1
        self._bytes += len(data)
        return kept[label]

    def _counted(self) -> dict[str, int]:
        """Looked through once; from then on the count is kept."""
        if self._kept is None:
            self._kept = {}
            for label, size in _pictures(self.folder) if self.folder else ():
                self._kept[label] = self._kept.get(label, 0) + 1
                self._bytes += size
        return self._kept

    def _setting(self) -> Automatic:
        kept = state.kept(self.folder / _SETTING) if self.folder else {}
        try:
            return Automatic(kept["rule"], str(kept["label"]), float(kept["every_s"]))
        except (KeyError, TypeError, ValueError):
            return Automatic()


def _pictures(folder: Path) -> list[tuple[str, int]]:
    """Label and bytes of each."""
    try:
        labels = [entry for entry in os.scandir(folder) if entry.is_dir()]
        return [
            (label.name, file.stat().st_size)
            for label in labels
            for file in os.scandir(label)
            if file.name.endswith(".jpg")
        ]
    except OSError:
        return []


def _wrong(label: str) -> RefusedError:
    return RefusedError(422, f"label {label[:64]!r}: letters and digits, at most 64")


def _refused(folder: Path, error: OSError) -> RefusedError:
    what = (error.strerror or str(error)).lower()
    return RefusedError(409, f"{folder}: {what}; free some space, or give another `folder`")
