from __future__ import annotations

from pathlib import Path

from edgeinfer.runtime.wall_clock import Stamp, WallClock, kernel_state
from tests.runtime.events import YEAR_NS, Clocks, event

HOUR_NS = 3600 * 1_000_000_000


def _unset(root: Path) -> WallClock:
    return WallClock(root, kernel_state=lambda: 5, wall_ns=lambda: YEAR_NS)


def test_the_kernel_answers_without_any_right() -> None:
    assert kernel_state() in range(6)


def test_a_time_that_was_right_stays_as_it_is(tmp_path: Path) -> None:
    clocks = Clocks(tmp_path)
    clock = clocks.clock()
    stamp = clock.stamp(live=True)
    clocks.wall_ns += HOUR_NS
    made = event(0)
    assert clock.corrected(made, stamp) is made


def test_an_event_from_before_the_clock_was_set_is_corrected(tmp_path: Path) -> None:
    clocks = Clocks(tmp_path)
    clocks.is_set = False
    clock = clocks.clock()
    stamp = clock.stamp(live=True)
    clocks.pass_ns(HOUR_NS)
    assert clock.corrected(event(0), stamp).time_uncertain
    clocks.wall_ns += 5 * HOUR_NS
    clocks.is_set = True
    corrected = clock.corrected(event(0), stamp)
    assert not corrected.time_uncertain
    assert corrected.result.frame.wall_ns == YEAR_NS + 5 * HOUR_NS


def test_after_another_boot_it_is_marked_instead(tmp_path: Path) -> None:
    clocks = Clocks(tmp_path)
    clocks.is_set = False
    stamp = clocks.clock().stamp(live=True)
    clocks.boot("two")
    clocks.is_set = True
    corrected = clocks.clock().corrected(event(0), stamp)
    assert corrected.time_uncertain
    assert corrected.result.frame.wall_ns == YEAR_NS


def test_the_time_of_a_clip_is_never_touched(tmp_path: Path) -> None:
    clocks = Clocks(tmp_path)
    clocks.is_set = False
    clock = clocks.clock()
    made = event(0)
    assert clock.corrected(made, clock.stamp(live=False)) is made


def test_a_clock_that_was_set_once_stays_set(tmp_path: Path) -> None:
    clocks = Clocks(tmp_path)
    clock = clocks.clock()
    assert clock.is_set
    clocks.is_set = False
    assert clock.is_set


def test_timesyncd_and_a_clock_with_a_battery_vouch_as_well(tmp_path: Path) -> None:
    assert not _unset(tmp_path).is_set
    rtc = tmp_path / "sys/class/rtc/rtc0/since_epoch"
    rtc.parent.mkdir(parents=True)
    rtc.write_text("17\n")  # without its battery it starts at nought
    assert not _unset(tmp_path).is_set
    rtc.write_text(f"{YEAR_NS // 1_000_000_000 + 3}\n")
    assert _unset(tmp_path).is_set
    rtc.unlink()
    flag = tmp_path / "run/systemd/timesync/synchronized"
    flag.parent.mkdir(parents=True)
    flag.touch()
    assert _unset(tmp_path).is_set


def test_an_age_is_known_only_by_clocks_that_were_set(tmp_path: Path) -> None:
    clocks = Clocks(tmp_path)
    clock = clocks.clock()
    assert clock.age_s(Stamp(YEAR_NS - HOUR_NS)) == 3600
    assert clock.age_s(Stamp(None, "one", 0)) == 0
    clocks.is_set = False
    assert clocks.clock().age_s(Stamp(0)) == 0
