"""Worker: a thread that keeps what it died of, for the main thread to raise."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread


class Worker:
    """Runs `body` in a thread of its own and calls `ended` when it is over, whatever the reason.

    The thread is a daemon: one that is stuck in a driver must not keep the process alive.
    """

    def __init__(self, name: str, body: Callable[[], None], ended: Callable[[], None]) -> None:
        self.name = name
        self.error: BaseException | None = None
        self._body = body
        self._ended = ended
        self._over = False
        self._thread = Thread(target=self._run, name=name, daemon=True)

    @property
    def alive(self) -> bool:
        """False once it says that it has ended, though the thread itself takes a moment more."""
        return self._thread.is_alive() and not self._over

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout_s: float | None = None) -> None:
        self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            self._body()
        except BaseException as error:  # noqa: BLE001 - re-raised by Service.run; SystemExit, too
            self.error = error
        finally:
            self._over = True
            self._ended()
