from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from edgeinfer.errors import ConfigError, StoreError
from edgeinfer.tools.flash_card import check_room, look
from tests.tools.cards import bookworm, trixie


@pytest.mark.parametrize(("made", "how"), [(trixie, "cloud-init"), (bookworm, "firstrun")])
def test_the_image_is_known_by_what_lies_there(
    tmp_path: Path, made: Callable[[Path], Path], how: str
) -> None:
    assert look(made(tmp_path / "boot")).how == how


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        look(tmp_path / "none")


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "card.img").touch()
    with pytest.raises(ConfigError, match="is no folder"):
        look(tmp_path / "card.img")


def test_a_device_is_refused() -> None:
    devices = [path for path in Path("/dev").iterdir() if path.is_block_device()]
    if not devices:
        pytest.skip("this machine shows no block device")
    with pytest.raises(ConfigError, match="is a device; this command writes files alone"):
        look(devices[0])


@pytest.mark.parametrize("name", ["config.txt", "cmdline.txt"])
def test_a_folder_that_is_no_boot_partition_is_refused(tmp_path: Path, name: str) -> None:
    boot = trixie(tmp_path / "boot")
    (boot / name).unlink()
    with pytest.raises(ConfigError, match=f"has no {name}, so it is no boot partition"):
        look(boot)


def test_a_partition_without_a_kernel_is_refused(tmp_path: Path) -> None:
    boot = trixie(tmp_path / "boot")
    for kernel in boot.glob("kernel*"):
        kernel.unlink()
    with pytest.raises(ConfigError, match="has no kernel"):
        look(boot)


def test_a_32_bit_system_is_refused(tmp_path: Path) -> None:
    boot = trixie(tmp_path / "boot")
    (boot / "kernel7l.img").touch()
    with pytest.raises(ConfigError, match="is of a 32-bit Raspberry Pi OS"):
        look(boot)


def test_a_card_with_another_tool_s_firstrun_is_refused(tmp_path: Path) -> None:
    boot = bookworm(tmp_path / "boot")
    (boot / "firstrun.sh").touch()
    with pytest.raises(StoreError, match="settings of another tool"):
        look(boot)


def test_a_card_with_another_tool_s_user_data_is_refused(tmp_path: Path) -> None:
    boot = trixie(tmp_path / "boot")
    (boot / "user-data").write_text("#cloud-config\nhostname: mine\n")
    with pytest.raises(StoreError, match="user-data has hostname"):
        look(boot)


def test_a_card_that_a_pi_has_started_from_is_refused(tmp_path: Path) -> None:
    boot = trixie(tmp_path / "boot")
    (boot / "edgeinfer").mkdir()
    with pytest.raises(StoreError, match="has been started"):
        look(boot)


def test_what_does_not_fit_is_refused_with_how_much_is_needed(tmp_path: Path) -> None:
    room = os.statvfs(tmp_path)
    with pytest.raises(StoreError, match=r"MB free, .* MB needed"):
        check_room(tmp_path, [room.f_bavail * room.f_frsize])
