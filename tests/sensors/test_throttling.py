from __future__ import annotations

import errno
import logging
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from edgeinfer.sensors.throttling import ThrottlingSensor
from tests.sensors import boards

NODES = ("dev/vcio_gencmd", "dev/vcio")
NAMES = ("under_voltage", "capped", "throttled", "soft_limit")
COMMAND = "usr/bin/vcgencmd"


class Firmware:
    """What stands behind the mailbox. `asked` counts; it refuses with `error` while that is set."""

    def __init__(self, bits: int = 0, error: int = 0) -> None:
        self.bits = bits
        self.error = error
        self.asked = 0

    def ioctl(self, descriptor: int, request: int, buffer: bytearray) -> int:
        self.asked += 1
        if self.error:
            raise OSError(self.error, os.strerror(self.error))
        text = f"throttled=0x{self.bits:x}\0".encode()
        struct.pack_into("<I", buffer, 4, 0x80000000)
        struct.pack_into(f"<{len(text)}s", buffer, 24, text)
        return 0


def sensor(
    root: Path,
    firmware: Firmware,
    limit_s: float = 20.0,
    clock_s: Callable[[], float] = lambda: 0.0,
) -> ThrottlingSensor:
    return ThrottlingSensor(ThrottlingSensor.Options(root), firmware.ioctl, limit_s, clock_s)


def raised(values: dict[str, float]) -> set[str]:
    assert set(values) == {*NAMES, *(f"{name}_seen" for name in NAMES)}
    assert set(values.values()) <= {0.0, 1.0}
    return {name for name, value in values.items() if value}


def command(root: Path, script: str) -> None:
    boards.write(root, {COMMAND: f"#!/bin/sh\n{script}\n"})
    (root / COMMAND).chmod(0o755)


@pytest.mark.parametrize("node", NODES)
def test_the_mailbox_is_asked_at_either_node(tmp_path: Path, node: str) -> None:
    boards.write(tmp_path, {node: ""})
    (reading, *_) = sensor(tmp_path, Firmware(bits=1)).read()
    assert (reading.name, reading.value, reading.unit) == ("under_voltage", 1.0, "flag")


@pytest.mark.parametrize(("bit", "name"), [*enumerate(NAMES)])
def test_each_flag_has_its_bit(tmp_path: Path, bit: int, name: str) -> None:
    boards.write(tmp_path, {NODES[0]: ""})
    now = boards.read(sensor(tmp_path, Firmware(bits=1 << bit)))
    assert raised(now) == {name, f"{name}_seen"}
    before = boards.read(sensor(tmp_path, Firmware(bits=1 << bit + 16)))
    assert raised(before) == {f"{name}_seen"}


def test_what_was_seen_stays_seen_although_the_kernel_clears_its_bits(tmp_path: Path) -> None:
    boards.write(tmp_path, {NODES[0]: ""})
    firmware = Firmware(bits=0x50000)  # under-voltage and throttled, since boot
    watched = sensor(tmp_path, firmware)
    watched.read()
    firmware.bits = 0x2
    watched.read()
    firmware.bits = 0
    seen = {"under_voltage_seen", "throttled_seen", "capped_seen"}
    assert raised(boards.read(watched)) == seen


def test_bits_that_nobody_has_documented_are_no_flags(tmp_path: Path) -> None:
    boards.write(tmp_path, {NODES[0]: ""})
    assert raised(boards.read(sensor(tmp_path, Firmware(bits=0xFFF0FFF0)))) == set()


@pytest.mark.parametrize("error", [errno.EPERM, errno.ENOTTY, errno.ENODEV, errno.ETIMEDOUT])
def test_a_mailbox_that_fails_is_asked_once_and_said_once(
    tmp_path: Path, error: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    boards.write(tmp_path, {NODES[1]: "", boards.FIRMWARE: "4\n"})
    firmware = Firmware(error=error)
    watched = sensor(tmp_path, firmware)
    assert boards.read(watched)["throttled"] == 1.0
    said = len(caplog.records)
    assert f"/{NODES[1]} does not answer: [Errno {error}]" in caplog.text
    assert boards.read(watched)["throttled"] == 1.0
    assert (firmware.asked, len(caplog.records)) == (1, said)
    assert {record.levelname for record in caplog.records} == {"DEBUG"}


def test_what_was_seen_survives_the_change_to_another_way(tmp_path: Path) -> None:
    boards.write(tmp_path, {NODES[0]: "", boards.FIRMWARE: "0\n"})
    firmware = Firmware(bits=0x4)
    watched = sensor(tmp_path, firmware)
    watched.read()
    firmware.error = errno.ETIMEDOUT
    assert raised(boards.read(watched)) == {"throttled_seen"}


def test_a_mailbox_that_has_answered_is_asked_again_after_ten_seconds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    boards.write(tmp_path, {NODES[0]: ""})
    firmware, now_s = Firmware(bits=0x4), [0.0]
    watched = sensor(tmp_path, firmware, clock_s=lambda: now_s[0])
    watched.read()
    firmware.error = errno.ETIMEDOUT
    for now_s[0] in (0.5, 1.0, 10.4, 10.5, 20.4):
        assert list(watched.read()) == []
    assert firmware.asked == 3, "at 0, 0.5 and 10.5 s"
    firmware.error = 0
    now_s[0] = 20.5
    assert raised(boards.read(watched)) == {"throttled", "throttled_seen"}
    assert raised(boards.read(watched)) == {"throttled", "throttled_seen"}
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    lost, back = caplog.messages
    assert lost.startswith(f"throttling: {tmp_path / NODES[0]} does not answer any more; ")
    assert back == "throttling: there is an answer again"


def test_the_better_way_counts_again_once_it_answers(tmp_path: Path) -> None:
    boards.write(tmp_path, {NODES[0]: "", boards.FIRMWARE: "0\n"})
    firmware, now_s = Firmware(bits=0x4), [0.0]
    watched = sensor(tmp_path, firmware, clock_s=lambda: now_s[0])
    watched.read()
    firmware.error = errno.EIO
    assert boards.read(watched)["throttled"] == 0.0
    firmware.error = 0
    assert boards.read(watched)["throttled"] == 0.0
    now_s[0] = 10.0
    assert boards.read(watched)["throttled"] == 1.0


def test_vcgencmd_is_asked_where_the_mailbox_is_closed(tmp_path: Path) -> None:
    boards.write(tmp_path, {NODES[0]: ""})
    command(tmp_path, 'test "$1" = get_throttled && echo throttled=0x8')
    watched = sensor(tmp_path, Firmware(error=errno.EACCES))
    assert raised(boards.read(watched)) == {"soft_limit", "soft_limit_seen"}


def test_vcgencmd_is_not_run_where_the_mailbox_answers(tmp_path: Path) -> None:
    boards.write(tmp_path, {NODES[0]: ""})
    command(tmp_path, f"touch {tmp_path}/ran; echo throttled=0x8")
    assert raised(boards.read(sensor(tmp_path, Firmware()))) == set()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "script",
    [
        "exec sleep 60",
        "echo VCHI initialization failed; exit 1",
        "echo throttled=0x5; exit 255",
        "echo 'error=1 error_msg=\"Command not registered\"'",
        "echo throttled=0xfffffffff",
        "true",
    ],
)
def test_a_vcgencmd_that_hangs_or_fails_gives_way_to_the_alarm(tmp_path: Path, script: str) -> None:
    root = boards.zero_2_w(tmp_path)
    command(root, script)
    limit_s = 0.1 if "sleep" in script else 20.0
    watched = sensor(root, Firmware(error=errno.EPERM), limit_s)
    assert boards.read(watched) == {"under_voltage": 1.0, "under_voltage_seen": 1.0}
    (root / COMMAND).unlink()
    boards.write(root, {f"{boards.HWMON}/hwmon1/in0_lcrit_alarm": "0\n"})
    assert boards.read(watched) == {"under_voltage": 0.0, "under_voltage_seen": 1.0}


def test_the_real_ioctl_is_the_default_and_is_refused_by_a_file(tmp_path: Path) -> None:
    boards.write(tmp_path, dict.fromkeys(NODES, ""))
    assert list(ThrottlingSensor(ThrottlingSensor.Options(tmp_path)).read()) == []
