"""A card as a person prepares it: Raspberry Pi OS's partition, and what `edgeinfer flash` wrote."""
# ruff: noqa: INP001

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import machine

# As large as a Raspberry Pi's; in KiB.
_SIZE_KB = 512 << 10
# As on the image, so that cloud-init reads the partition: https://github.com/RPi-Distro/pi-gen
_DATA_SOURCE = """\
datasource_list: [NoCloud, None]
datasource: {NoCloud: {seedfrom: "file:///boot/firmware/"}}
"""
PASSWORD = 'pröof "1"'  # noqa: S105 - as guest-setup tells the broker
_RENDERER = "network: {version: 2, renderer: NetworkManager}\n"
_MOUNTED_FIRST = "[Unit]\nRequiresMountsFor=/boot/firmware\n"


def prepare(folder: Path, root: Path, configuration: Path, offline: list[Path]) -> None:
    """`folder`/boot.vfat; into the root what an image has to read it, and a key to log in by."""
    home = folder / "flash"
    shutil.rmtree(home, ignore_errors=True)
    (home / "offline").mkdir(parents=True)
    for path in offline:
        (home / "offline" / path.name).symlink_to(path)
    key = _key(root)
    shutil.copy(configuration, home)
    (home / "mqtt-password").write_text(PASSWORD + "\n")
    has_cloud_init = (root / "usr/bin/cloud-init").exists()
    boot = _partition(home / "boot", has_cloud_init=has_cloud_init)
    flash = [sys.executable, "-m", "edgeinfer", "flash", "--boot", boot, "--yes"]
    flash += ["-c", home / configuration.name, "--hostname", "porch", "--user", "ada"]
    flash += ["--ssh-key", key, "--wifi", 'Büro "2"', "--wifi-password", "-", "--country", "DE"]
    flash += ["--offline", home / "offline"]
    subprocess.run(flash, input=b"open sesame\n", stdout=subprocess.DEVNULL, check=True)
    _fat(boot, folder / "boot.vfat")
    _mounted(root, has_cloud_init=has_cloud_init)


def _key(root: Path) -> Path:
    key = root / "root/proof-key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    return key.with_suffix(".pub")


def _partition(boot: Path, *, has_cloud_init: bool) -> Path:
    """What `flash` looks for; the kernel itself is given to the machine by QEMU."""
    boot.mkdir()
    for name in ("config.txt", "kernel8.img", "issue.txt"):
        (boot / name).write_text(f"{name}\n")
    (boot / "cmdline.txt").write_text(machine.WORDS["card"] + "\n")
    if has_cloud_init:
        (boot / "user-data").write_text("#cloud-config\n")
        (boot / "meta-data").write_text("dsmode: local\ninstance_id: rpios-image\n")
        (boot / "network-config").write_text("network:\n  version: 2\n")
    return boot


def _fat(boot: Path, path: Path) -> None:
    path.unlink(missing_ok=True)
    make = ["mkfs.vfat", "-F", "32", "-n", "BOOTFS", "-C", path, str(_SIZE_KB)]
    subprocess.run(make, stdout=subprocess.DEVNULL, check=True)
    subprocess.run(["mcopy", "-s", "-i", path, *sorted(boot.iterdir()), "::"], check=True)


def _mounted(root: Path, *, has_cloud_init: bool) -> None:
    (root / "boot/firmware").mkdir(parents=True, exist_ok=True)
    with (root / "etc/fstab").open("a") as table:
        table.write("LABEL=BOOTFS /boot/firmware vfat defaults 0 2\n")
    if has_cloud_init:
        (root / "etc/cloud/cloud.cfg.d/99_raspberry-pi.cfg").write_text(_DATA_SOURCE)
        renderer = root / "etc/netplan/00-renderer.yaml"
        renderer.write_text(_RENDERER)
        renderer.chmod(0o600)
        drop_in = root / "etc/systemd/system/cloud-init-local.service.d"
        drop_in.mkdir()
        (drop_in / "card.conf").write_text(_MOUNTED_FIRST)
