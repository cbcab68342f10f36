"""What `edgeinfer flash` leaves on a card, run as the first start of a Pi runs it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from edgeinfer.tools.flash import Request, plan, write
from edgeinfer.tools.flash_identity import Words, key
from edgeinfer.tools.flash_payload import Along
from tests.conftest import ROOT
from tests.deploy.overlay import layered
from tests.tools.cards import CMDLINE, PUBLIC_KEY, bookworm, configuration, trixie

SCRIPTS = ROOT / "deploy/first-boot"
# As on an image of bookworm: one person with the number 1000, and a radio that is off.
IMAGE = """
first=$(getent passwd 1000 | cut -d: -f1); [ -z "$first" ] || userdel "$first"
groupdel "$(getent group 1000 | cut -d: -f1)" 2>/dev/null
useradd -u 1000 -m pi
echo raspberrypi >/etc/hostname
echo '127.0.1.1 raspberrypi' >/etc/hosts
mkdir -p /var/lib/NetworkManager /var/lib/systemd/rfkill /usr/lib/systemd/system /etc/ssh
printf '[main]\\nWirelessEnabled=false\\n' >/var/lib/NetworkManager/NetworkManager.state
echo 1 >/var/lib/systemd/rfkill/platform-3f300000.mmcnr:wlan
printf '[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n' \
  >/usr/lib/systemd/system/ssh.service
"""
# In place of the real one, which the emulated machines run: says what it was called with.
INSTALLER = """#!/bin/bash
echo "installer: $*"
ls "$(dirname "$0")"/*.whl
stat -c '%a %n' /etc/edgeinfer/secrets/*
exit "$(cat /status)"
"""
SERVICE = "/etc/systemd/system/edgeinfer-first-boot.service"


@pytest.fixture
def words(tmp_path: Path) -> Words:
    (tmp_path / "id.pub").write_text(PUBLIC_KEY)
    return Words("porch", "ada", tmp_path / "id.pub", "Büro", "opensesame", "DE")


def flashed(boot: Path, words: Words) -> Path:
    write(plan(Request(boot, Along(configuration(boot.parent)), words)))
    (boot / "edgeinfer/deploy/install.sh").write_text(INSTALLER)
    return boot


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.sh")), ids=lambda path: path.name)
def test_shellcheck_has_nothing_to_say(script: Path) -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not here: apt install shellcheck")
    done = subprocess.run(["shellcheck", str(script)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def test_systemd_finds_nothing_wrong_with_the_service(tmp_path: Path) -> None:
    boot = trixie(tmp_path / "boot")
    service = SCRIPTS / "edgeinfer-first-boot.service"
    copied = tmp_path / service.name
    # Only its script is not here.
    copied.write_text(service.read_text().replace("/boot/firmware", str(boot)))
    verify = ["systemd-analyze", "verify", "--man=no", str(copied)]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)


def test_firstrun_makes_the_pi_what_the_card_says(tmp_path: Path, words: Words) -> None:
    boot = flashed(bookworm(tmp_path / "boot"), words)
    look = (
        f"{IMAGE}bash /boot/firmware/firstrun.sh || echo status $?; cat /etc/hostname /etc/hosts; "
        "getent passwd 1000; cat /home/ada/.ssh/authorized_keys; "
        "stat -c '%a %U %n' /home/ada/.ssh /home/ada/.ssh/authorized_keys "
        "/etc/NetworkManager/system-connections/*; "
        "cat /etc/NetworkManager/system-connections/*; "
        "cat /var/lib/NetworkManager/NetworkManager.state /var/lib/systemd/rfkill/*; "
        "systemctl is-enabled ssh edgeinfer-first-boot; cat /etc/ssh/sshd_config.d/*"
    )
    done = layered(tmp_path, boot, look)
    assert "did not work" not in done.stdout, done.stdout + done.stderr
    assert "status" not in done.stdout
    for line in (
        "porch",
        "127.0.1.1\tporch",
        "ada:x:1000:1000::/home/ada:/bin/sh",
        PUBLIC_KEY,
        "700 ada /home/ada/.ssh",
        "600 ada /home/ada/.ssh/authorized_keys",
        "600 root /etc/NetworkManager/system-connections/edgeinfer.nmconnection",
        f"psk={key('Büro', 'opensesame')}",
        "WirelessEnabled=true",
        "0",
        "PasswordAuthentication no",
    ):
        assert line in done.stdout.splitlines(), done.stdout + done.stderr
    assert done.stdout.splitlines().count("enabled") == 2, done.stdout + done.stderr


def test_firstrun_does_not_run_again(tmp_path: Path, words: Words) -> None:
    boot = flashed(bookworm(tmp_path / "boot"), words)
    done = layered(tmp_path, boot, f"{IMAGE}bash /boot/firmware/firstrun.sh")
    assert done.returncode == 0, done.stderr
    assert not (boot / "firstrun.sh").exists()
    kept = (boot / "cmdline.txt").read_text()
    assert kept == CMDLINE.replace("\n", " cfg80211.ieee80211_regdom=DE\n")


def test_a_step_that_fails_leaves_the_others_done(tmp_path: Path, words: Words) -> None:
    boot = flashed(bookworm(tmp_path / "boot"), words)
    broken = f"{IMAGE}rm /etc/hostname; mkdir /etc/hostname; bash /boot/firmware/firstrun.sh"
    done = layered(tmp_path, boot, f"{broken}; echo status $?; getent passwd 1000")
    assert "host: did not work" in done.stdout
    assert "status 0" in done.stdout
    assert "ada:x:1000" in done.stdout


def first_boot(folder: Path, boot: Path, *, status: int) -> subprocess.CompletedProcess[str]:
    script = "sh /boot/firmware/edgeinfer/first-boot.sh"
    return layered(
        folder,
        boot,
        f"echo {status} >/status; {script} enable; ls -l {SERVICE}; {script} install; "
        f"echo status $?; ls {SERVICE}; "
        "cat /etc/edgeinfer/secrets/mqtt-password",
    )


def test_what_was_installed_leaves_no_secret_on_the_card(tmp_path: Path, words: Words) -> None:
    boot = flashed(trixie(tmp_path / "boot"), words)
    done = first_boot(tmp_path, boot, status=0)
    assert "status 0" in done.stdout, done.stdout + done.stderr
    assert "s3cret-of-the-broker" in done.stdout
    left = [path for path in boot.rglob("*") if path.is_file()]
    assert {path.name for path in left if path.parent.name == "edgeinfer"} == {
        "edgeinfer-first-boot.service",
        "first-boot.log",
    }
    assert not [path for path in left if b"s3cret" in path.read_bytes()]
    log = (boot / "edgeinfer/first-boot.log").read_text()
    assert "installer: --config /boot/firmware/edgeinfer/edgeinfer.toml\n" in log
    assert "edgeinfer-0.1.0-py3-none-any.whl" in log
    assert "600 /etc/edgeinfer/secrets/mqtt-password" in log
    assert done.stdout.count(SERVICE) == 1  # gone after it was done


def test_an_installation_that_fails_is_tried_again(tmp_path: Path, words: Words) -> None:
    boot = flashed(trixie(tmp_path / "boot"), words)
    done = first_boot(tmp_path, boot, status=1)
    assert "did not work; it is tried again in a minute" in done.stdout
    assert "status 1" in done.stdout
    assert done.stdout.count(SERVICE) == 2
    assert (boot / "edgeinfer/secrets/mqtt-password").exists()


def test_a_card_that_was_started_from_cannot_be_undone(tmp_path: Path, words: Words) -> None:
    boot = flashed(trixie(tmp_path / "boot"), words)
    assert (boot / "edgeinfer-flash.json").exists()
    first_boot(tmp_path, boot, status=1)
    assert not (boot / "edgeinfer-flash.json").exists()


def test_cloud_init_applies_what_was_written(tmp_path: Path, words: Words) -> None:
    """Its stages without a network, with the datasource of Raspberry Pi OS."""
    if not Path("/usr/bin/cloud-init").exists():
        pytest.skip("cloud-init is not here: apt install cloud-init")
    boot = flashed(trixie(tmp_path / "boot"), words)
    source = "datasource: {NoCloud: {seedfrom: file:///boot/firmware/}}"
    done = layered(
        tmp_path,
        boot,
        "set -e; cd /etc/cloud/cloud.cfg.d; "
        f"printf 'datasource_list: [NoCloud, None]\\n{source}\\n' >99_raspberry-pi.cfg; "
        "(cloud-init init --local; cloud-init init) >/log 2>&1; "
        "cloud-init single --name runcmd >>/log 2>&1; "
        "sh /var/lib/cloud/instance/scripts/runcmd >>/log 2>&1 || true; "
        "cat /etc/hostname; getent passwd ada; cat /home/ada/.ssh/authorized_keys; "
        "cat /etc/sudoers.d/90-cloud-init-users; systemctl is-enabled edgeinfer-first-boot",
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert lines[0] == "porch"
    assert lines[1].startswith("ada:x:")
    assert PUBLIC_KEY in lines
    assert "ada ALL=(ALL) NOPASSWD:ALL" in lines
    assert lines[-1] == "enabled"
