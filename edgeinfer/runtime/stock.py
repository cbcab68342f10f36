"""Stock: models of the ladder that are loaded before anybody needs them, in the background."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from edgeinfer.errors import EdgeinferError
from edgeinfer.pipeline import Pipeline
from edgeinfer.rungs import Rung

Job = Callable[[], None]

# Of the machine, for what captures, encodes and writes: on a Pi Zero 2 W 64 MiB are an eighth.
_RESERVE_BYTES = 64 * 2**20
_LOOK_S = 30.0
# After a change: to load the next neighbour at once made the first frame up to four times as long.
_CALM_S = 5.0
_SCARCE_S = 600.0  # memory that ran short is not filled again at once
_AVAILABLE = re.compile(r"^MemAvailable: *(\d{1,15}) kB", re.MULTILINE | re.ASCII)

_log = logging.getLogger(__name__)


class Stock:
    """Used by one thread, the one that runs the models; only the loading is done by others.

    `gone`: the rungs that could not be loaded. They are not tried again.
    """

    def __init__(
        self,
        rungs: Sequence[Rung],
        available_bytes: Callable[[], int | None],
        in_background: Callable[[Job], None],
    ) -> None:
        self.gone: set[int] = set()
        self._rungs = rungs
        self._available_bytes = available_bytes
        self._in_background = in_background
        self._ready: dict[int, Pipeline] = {}
        self._loading: int | None = None
        self._loaded: SimpleQueue[Pipeline | Exception] = SimpleQueue()
        self._look_at_s = float("-inf")

    def collect(self) -> None:
        """Take in what the background has loaded.

        Raises: Exception: a bug met there; what is no bug leaves the rung out.
        """
        if self._loading is None:
            return
        try:
            loaded = self._loaded.get_nowait()
        except Empty:
            return
        rung, self._loading = self._loading, None
        self._look_at_s = float("-inf")
        if isinstance(loaded, Pipeline):
            self._ready[rung] = loaded
        elif isinstance(loaded, EdgeinferError | OSError | MemoryError):
            self.gone.add(rung)
            _log.warning(
                "model.ladder: %s: left out from now on: %s", self._rungs[rung].model, loaded
            )
        else:
            raise loaded

    def take(self, rung: int) -> Pipeline | None:
        """It, if it is ready; otherwise it is loaded, whatever memory there is."""
        if rung in self._ready:
            return self._ready.pop(rung)
        self._load(rung)
        return None

    def put_back(self, rung: int, pipeline: Pipeline, now_s: float) -> None:
        """It may be wanted again soon; `tend` lets it go where memory is short."""
        self._ready[rung] = pipeline
        self._look_at_s = now_s + _CALM_S

    def tend(self, now_s: float, neighbours: Sequence[int]) -> None:
        """Now and then: load the neighbours, the first one first, or give back what is no more.

        Nothing is loaded where nobody knows how much memory there is.
        """
        if now_s < self._look_at_s or self._loading is not None:
            return
        self._look_at_s = now_s + _LOOK_S
        self._ready = {rung: self._ready[rung] for rung in neighbours if rung in self._ready}
        spare_bytes = (self._available_bytes() or 0) - _RESERVE_BYTES
        if spare_bytes < 0 and self._ready:
            self._ready.clear()
            self._look_at_s = now_s + _SCARCE_S
        for rung in neighbours:
            if rung not in self._ready and self._rungs[rung].need_bytes <= spare_bytes:
                self._load(rung)
                return

    def _load(self, rung: int) -> None:
        if self._loading is None and rung not in self.gone:
            self._loading = rung
            self._in_background(lambda: self._loaded.put(_outcome(self._rungs[rung])))


def in_thread(job: Job) -> None:
    Thread(target=job, name="load model", daemon=True).start()


def available_bytes(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """What the machine could still give; None: it does not say."""
    try:
        found = _AVAILABLE.search(meminfo.read_text(encoding="ascii", errors="replace"))
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def _outcome(rung: Rung) -> Pipeline | Exception:
    try:
        return rung.load()
    except Exception as error:  # noqa: BLE001 - `collect` raises it in the thread that can die of it
        return error
