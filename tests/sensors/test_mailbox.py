from __future__ import annotations

import errno
import fcntl
import struct
from pathlib import Path

import pytest

from edgeinfer.sensors import mailbox


def test_the_message_is_that_of_the_property_interface_to_the_byte() -> None:
    sent = bytes(mailbox.message("get_throttled"))
    # Size 263 words, code of a request; tag, size of its value, code of a request; error 0.
    head = "1c040000 00000000 80000300 00040000 00000000 00000000"
    assert sent[:24] == bytes.fromhex(head)
    assert sent[24:38] == b"get_throttled\0"
    assert sent[38:] == bytes(1052 - 38)
    assert len(sent) == 1052


def test_the_kernel_finds_one_tag_in_the_message_and_then_the_end() -> None:
    """As vcio_check_tags in its drivers/char/broadcom/vcio.c walks it."""
    words = struct.unpack("<263I", mailbox.message("get_throttled"))
    size, offset = words[0], 8
    assert size == len(words) * 4
    assert (words[offset // 4], words[offset // 4 + 1]) == (0x00030080, 1024)
    offset += 12 + words[offset // 4 + 1]
    assert offset <= size
    assert set(words[offset // 4 :]) == {0}


def test_the_number_of_the_ioctl_is_that_of_a_pointers_size() -> None:
    read_and_write, letter, number = 3, 100, 0
    expected = read_and_write << 30 | 8 << 16 | letter << 8 | number
    assert expected == mailbox.IOCTL_PROPERTY


def test_the_answer_is_the_text_up_to_its_end(tmp_path: Path) -> None:
    def firmware(_: int, request: int, buffer: bytearray) -> int:
        assert request == mailbox.IOCTL_PROPERTY
        assert buffer == mailbox.message("get_throttled")
        struct.pack_into("<I", buffer, 4, 0x80000000)
        struct.pack_into("<I", buffer, 16, 0x80000000 | 18)
        buffer[24:43] = b"throttled=0x50005\0\xff"
        return 0

    (tmp_path / "vcio").touch()
    assert mailbox.ask(tmp_path / "vcio", "get_throttled", firmware) == "throttled=0x50005"


@pytest.mark.parametrize(
    ("code", "error"), [(0x00000000, 0), (0x80000001, 0), (0x80000000, 0xFFFFFFFF)]
)
def test_a_firmware_that_refuses_is_an_error(code: int, error: int) -> None:
    reply = mailbox.message("get_throttled")
    struct.pack_into("<I", reply, 4, code)
    struct.pack_into("<I", reply, 20, error)
    with pytest.raises(OSError, match="the firmware answered"):
        mailbox.answer(reply)


def test_a_device_that_is_none_of_these_refuses_the_ioctl(tmp_path: Path) -> None:
    """The real ioctl on a real file."""
    (tmp_path / "vcio").touch()
    with pytest.raises(OSError, match="Inappropriate ioctl") as caught:
        mailbox.ask(tmp_path / "vcio", "get_throttled", fcntl.ioctl)
    assert caught.value.errno == errno.ENOTTY


def test_the_device_is_closed_whatever_the_ioctl_does(tmp_path: Path) -> None:
    opened: list[object] = []

    def refuse(*asked: object) -> int:
        opened.append(asked[0])
        raise PermissionError(errno.EPERM, "not permitted")

    (tmp_path / "vcio").touch()
    with pytest.raises(PermissionError):
        mailbox.ask(tmp_path / "vcio", "get_throttled", refuse)
    assert not Path(f"/proc/self/fd/{opened[0]}").exists()
