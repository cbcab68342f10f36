"""SnapshotsSink: a picture of each event, on disk within a quota."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import time
from types import TracebackType
from typing import Annotated, ClassVar, Self

from annotated_types import Ge, Gt, Le

from edgeinfer import picture
from edgeinfer.core.results import Event, Message, Result
from edgeinfer.errors import ConfigError, SinkError
from edgeinfer.sinks.shelf import Shelf, check_writable, name_of
from edgeinfer.sinks.snapshot import drawn
from edgeinfer.sinks.trails import Trails

_log = logging.getLogger(__name__)

_DAY_S = 86_400.0
_HINTS = {
    errno.ENOSPC: "free some space, or lower most_bytes",
    errno.EDQUOT: "free some space, or lower most_bytes",
    errno.ENOENT: "make the folder that it lies in, or mount its disk",
    errno.ENOTDIR: "name a folder",
    errno.EACCES: "let this user write there",
    errno.EPERM: "let this user write there",
    errno.EROFS: "name a folder on a disk that can be written",
}


class SnapshotsSink:
    """Writes JPEG files; deletes the oldest of its own, and no other file."""

    argument: ClassVar[str] = "path"
    wants: ClassVar[tuple[type[Message], ...]] = (Result, Event)
    wants_pixels: ClassVar[bool] = True

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Options:
        """`path` is a folder; it is made, its parent is not. No `rules`, no `kinds`: all.

        Beyond `most_bytes`, or older than `oldest_days`, the oldest pictures go.
        """

        path: Path
        rules: tuple[str, ...] = ()
        kinds: tuple[str, ...] = ()
        quality: Annotated[int, Ge(1), Le(100)] = 85
        largest_width: picture.Side = 1280
        most_bytes: Annotated[int, Ge(1_000_000)] = 500_000_000
        oldest_days: Annotated[float, Gt(0), Le(36_500)] = 30.0

    def __init__(
        self, options: Options, device: str, *, clock_s: Callable[[], float] = time
    ) -> None:
        """`clock_s` gives Unix time. Raises: ConfigError: the folder is something else."""
        with suppress(PermissionError):  # that may change; `send` says it
            if options.path.exists() and not options.path.is_dir():
                raise ConfigError(f"sink {self._name(options)}: is a file; name a folder")
        self._options = options
        self._clock_s = clock_s
        self._shelf = Shelf(options.path, options.most_bytes, options.oldest_days * _DAY_S)
        self._trails = Trails()
        self._is_open = False
        self._too_large = False
        self._refused_bytes = 0  # of the picture that could not be written, until one can be

    @property
    def name(self) -> str:
        return self._name(self._options)

    def __enter__(self) -> Self:
        """The folder is opened by the first message: a disk that is not there yet is waited for."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_open = False

    def send(self, message: Message) -> None:
        """Write the picture of an event; remember from a result where its objects are.

        Raises: SinkError: the folder cannot be written.
        """
        try:
            self._take(message)
        except OSError as error:
            self._is_open = False  # what was counted may lie on a disk that is gone
            raise self._failed(error) from error

    def probe(self) -> None:
        """Whether it can be written, for `edgeinfer check`; nothing is made.

        Raises: SinkError: why not.
        """
        folder = self._options.path
        try:
            check_writable(folder if folder.exists() else folder.absolute().parent)
        except OSError as error:
            raise self._failed(error) from error

    def _take(self, message: Message) -> None:
        if not self._is_open:
            self._shelf.open()
            self._is_open = True
        self._shelf.drop_older(self._clock_s())
        if isinstance(message, Event) and self._wants(message):
            self._keep(message)
            return
        if self._refused_bytes:  # that nothing had to be written does not mean that it can be
            self._shelf.check_room(self._refused_bytes)
            self._refused_bytes = 0
        if isinstance(message, Result):
            self._trails.add(message)

    def _wants(self, event: Event) -> bool:
        options = self._options
        return (not options.rules or event.rule in options.rules) and (
            not options.kinds or event.kind in options.kinds
        )

    def _keep(self, event: Event) -> None:
        frame = event.shown.frame
        pixels = drawn(event, self._options.largest_width, self._trails.until(frame.captured_ns))
        if pixels is None:
            return
        data = picture.jpeg(pixels, self._options.quality)
        name = name_of(frame.wall_ns, event.rule, event.kind, event.id)
        self._refused_bytes = len(data)
        fits = self._shelf.put(name, data)
        self._refused_bytes = 0
        if not fits and not self._too_large:
            self._too_large = True
            _log.warning(
                "%s: a picture of %d bytes is more than most_bytes; it is left out, as are others",
                self.name,
                len(data),
            )

    def _failed(self, error: OSError) -> SinkError:
        what = (error.strerror or str(error)).lower()
        hint = _HINTS.get(error.errno or 0)
        return SinkError(f"{self.name}: {what}; {hint}" if hint else f"{self.name}: {what}")

    @staticmethod
    def _name(options: Options) -> str:
        return f"snapshots:{options.path}"
