from __future__ import annotations

from queue import SimpleQueue

from edgeinfer.runtime.worker import Worker

DEADLINE_S = 20.0


def test_a_worker_that_says_it_has_ended_is_no_longer_alive() -> None:
    """Else whoever is told looks, sees it alive, and waits for ever for another word."""
    seen: SimpleQueue[bool] = SimpleQueue()
    worker = Worker("short", lambda: None, lambda: seen.put(worker.alive))
    worker.start()
    assert not seen.get(timeout=DEADLINE_S)


def test_a_worker_is_alive_from_its_start_to_its_end() -> None:
    seen: SimpleQueue[bool] = SimpleQueue()
    worker = Worker("short", lambda: seen.put(worker.alive), lambda: None)
    assert not worker.alive
    worker.start()
    assert seen.get(timeout=DEADLINE_S)


def test_what_a_worker_died_of_is_kept() -> None:
    def fail() -> None:
        raise ZeroDivisionError("by hand")

    worker = Worker("short", fail, lambda: None)
    worker.start()
    worker.join(DEADLINE_S)
    assert str(worker.error) == "by hand"
