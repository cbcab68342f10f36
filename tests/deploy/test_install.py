"""deploy/install.sh, run in a Debian of its own under a real systemd, by a folder of wheels."""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.deploy import machines
from tests.deploy.machines import Machine

INSTALL = "/home/pi/edgeinfer/deploy/install.sh"
CONFIGURATION = """\
[source]
type = "synthetic"

[model]
name = "coco_ssd_mobilenet_v1"

[limits]
max_fps = 5

[[sink]]
type = "mqtt"
uri = "mqtt://localhost:1883"
user = "porch"
password_file = "mqtt-password"

[[sink]]
type = "dashboard"

[[sink]]
type = "metrics"
"""
# Whatever has been given back: what systemd and apt keep for themselves.
NOT_OURS: tuple[str, ...] = (
    "/etc/systemd/system/multi-user.target.wants",
    "/etc/.",
    "/etc/group",
    "/etc/passwd",
)
NOT_OURS += ("/etc/shadow", "/etc/gshadow", "/etc/subuid", "/etc/subgid")

pytestmark = [
    pytest.mark.machine,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to boot a container"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="its container is x86-64"),
    pytest.mark.skipif(bool(machines.missing()), reason=machines.missing()),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def wheels() -> Path:
    return machines.prepare()


@pytest.fixture(scope="module")
def machine(
    tmp_path_factory: pytest.TempPathFactory, wheels: Path, models: Path
) -> Iterator[Machine]:
    """With a checkout, two folders of wheels and a configuration; nothing is installed yet."""
    machine = Machine(tmp_path_factory.mktemp("machine"))
    home = machine.path / "home/pi"
    (home / "edgeinfer").mkdir(parents=True)
    for part in ("deploy", "systemd"):
        shutil.copytree(ROOT / part, home / "edgeinfer" / part)
    shutil.copytree(wheels, home / "wheels")
    shutil.copy(models / "coco_ssd_mobilenet_v1_1.0_quant.tflite", home / "wheels")
    (home / "proof.toml").write_text(CONFIGURATION)
    yield machine
    machine.close()


def _next_version(machine: Machine, tmp_path: Path, version: str, **changes: str) -> str:
    """A folder of wheels with a later edgeinfer, in which some files are others; as seen inside."""
    tree = tmp_path / "tree"
    for part in ("edgeinfer", "models"):
        shutil.copytree(ROOT / part, tree / part)
    for name in ("README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    for name in ("pyproject.toml", "edgeinfer/__init__.py"):
        text = (ROOT / name).read_text()
        (tree / name).write_text(re.sub(r'(version_*) = ".*"', rf'\1 = "{version}"', text, count=1))
    for name, content in changes.items():
        (tree / "edgeinfer" / name.replace("__", "/")).with_suffix(".py").write_text(content)
    inside = f"/home/pi/wheels-{version}"
    folder = machine.path / inside[1:]
    shutil.copytree(machine.path / "home/pi/wheels", folder)
    machines.wheel(tree, folder)
    return inside


def _version(machine: Machine) -> str:
    return machine.run("edgeinfer", "--version").stdout.split()[-1]


def _refused(machine: Machine, *arguments: str, status: int) -> str:
    before = machine.files()
    done = machine.run(INSTALL, *arguments, status=status)
    # /opt/edgeinfer itself may have been made to see how much room there is.
    assert machine.files() - before <= {"/opt/edgeinfer"}
    return done.stderr


# In the order of a machine's life: each test goes on where the one before it ended.


def test_what_cannot_work_is_refused_with_a_reason(machine: Machine) -> None:
    system = machine.path / "usr/lib/os-release"
    bookworm = system.read_text()
    system.write_text(bookworm.replace("bookworm", "bullseye"))
    bullseye = _refused(machine, status=1)
    system.write_text(bookworm)

    assert "bullseye) is neither bookworm nor trixie" in bullseye
    assert "no such folder" in _refused(machine, "--offline", "/nowhere", status=2)
    assert "has no wheel of edgeinfer" in _refused(machine, "--offline", "/home/pi", status=1)
    assert "--offline: needs a value" in _refused(machine, "--offline", "", status=2)
    assert "--turbo: unknown" in _refused(machine, "--turbo", status=2)
    refusal = _refused(machine, "--uninstall", "--keep", "all,config", status=2)
    assert "--keep all config: knows config and state" in refusal


def test_a_32_bit_system_is_refused_whatever_its_kernel_is(machine: Machine) -> None:
    dpkg = machine.path / "usr/bin/dpkg"
    dpkg.rename(dpkg.with_name("dpkg.real"))
    dpkg.write_text("#!/bin/sh\necho armhf\n")
    dpkg.chmod(0o755)

    refusal = _refused(machine, status=1)

    dpkg.with_name("dpkg.real").rename(dpkg)
    assert "is a system for armhf" in refusal
    assert "64-bit" in refusal


def test_a_full_card_is_refused(machine: Machine) -> None:
    machine.run("mkdir", "-p", "/opt/edgeinfer")
    machine.run("mount", "-t", "tmpfs", "-o", "size=100M", "tmpfs", "/opt/edgeinfer")

    refusal = _refused(machine, status=1)

    machine.run("umount", "/opt/edgeinfer")
    assert "100 MB free" in refusal


def test_without_a_network_it_says_what_needs_one(machine: Machine) -> None:
    """apt-get update only warns of it, and succeeds."""
    refusal = _refused(machine, status=1)

    assert "python3-numpy: could not be installed; is there a network?" in refusal


def test_a_package_that_autoremove_would_take_is_kept_and_noted(machine: Machine) -> None:
    """As one of an installation before; this one ends for lack of a network, after that."""
    machine.run("apt-mark", "auto", "python3-venv")

    machine.run(INSTALL, status=1)

    assert machine.run("apt-mark", "showauto", "python3-venv").stdout == ""
    assert (machine.path / "opt/edgeinfer/packages").read_text() == "python3-venv\n"
    machine.run("rm", "-r", "/opt/edgeinfer")


def test_what_fails_at_the_end_leaves_nothing(machine: Machine) -> None:
    in_the_way = "/etc/systemd/system/multi-user.target.wants/edgeinfer.service"
    machine.run("mkdir", in_the_way)
    config = ["--config", "/home/pi/proof.toml"]

    _refused(machine, "--offline", "/home/pi/wheels", *config, status=1)

    machine.run("rmdir", in_the_way)
    machine.run("id", "edgeinfer", status=1)
    assert not (machine.path / "var/lib/edgeinfer").exists()


def test_one_command_installs_and_starts_the_service(machine: Machine) -> None:
    """The password is handed over by the unit: it lies where root alone can read it."""
    config = ["--config", "/home/pi/proof.toml"]
    secrets = machine.path / "etc/edgeinfer/secrets"
    secrets.mkdir(mode=0o700, parents=True)
    (secrets / "mqtt-password").write_text("open sesame\n")
    (secrets / "mqtt-password").chmod(0o600)

    done = machine.run(INSTALL, "--offline", "/home/pi/wheels", *config)

    assert machine.show("ActiveState") == "active", done.stdout
    assert machine.run("systemctl", "is-enabled", "edgeinfer").stdout == "enabled\n"
    assert _version(machine) == "0.1.0"
    listen = ["mosquitto_sub", "-t", "edgeinfer/+/result", "-C", "1", "-W", "60"]
    assert "synthetic" in machine.run(*listen).stdout
    owner = machine.run("stat", "-c", "%U %a", "/var/lib/edgeinfer").stdout
    assert owner == "edgeinfer 700\n"


def test_what_the_configured_sinks_need_is_installed_too(machine: Machine) -> None:
    """Neither the dashboard's libraries nor those of the metrics come without being asked for."""
    for url in ("http://127.0.0.1:8080/healthz", "http://127.0.0.1:9532/metrics"):
        ask = f"import urllib.request as u; print(u.urlopen({url!r}, timeout=10).status)"
        assert machine.run("python3", "-c", ask).stdout == "200\n"


def test_a_password_among_the_secrets_goes_by_its_name(machine: Machine) -> None:
    file = "/etc/edgeinfer/secrets/dashboard-password"
    done = machine.run("sh", "-c", f"echo correct horse | edgeinfer password {file}")
    assert 'password_file = "dashboard-password" in the sink' in done.stderr
    machine.run("rm", file)


def test_an_upgrade_keeps_configuration_and_state(machine: Machine, tmp_path: Path) -> None:
    marker = machine.path / "var/lib/edgeinfer/marker"
    marker.write_text("kept")

    machine.run(INSTALL, "--offline", _next_version(machine, tmp_path, "9.0"))

    assert _version(machine) == "9.0"
    assert machine.show("ActiveState") == "active"
    assert marker.read_text() == "kept"
    assert (machine.path / "etc/edgeinfer/edgeinfer.toml").read_text() == CONFIGURATION
    assert len(list((machine.path / "opt/edgeinfer/releases").iterdir())) == 1


@pytest.mark.parametrize("words", ["installing", "page size"])
def test_an_upgrade_that_nobody_listens_to_any_more_is_taken_back(
    machine: Machine, words: str
) -> None:
    """As where the connection is lost: at the next word that it says, it is ended."""
    upgrade = f"{INSTALL} --offline /home/pi/wheels 2>&1 | grep -q -m 1 '{words}'"

    machine.run("bash", "-c", f"{upgrade}; [ ${{PIPESTATUS[0]}} != 0 ]")

    assert _version(machine) == "9.0"
    assert machine.show("ActiveState") == "active"
    assert len(list((machine.path / "opt/edgeinfer/releases").iterdir())) == 1


def test_a_first_ctrl_c_ends_an_upgrade_in_each_of_its_steps(machine: Machine) -> None:
    """Python's compileall takes the signal for its own, say, and ends in good order."""
    terminal = (
        "import os, pty, sys\n"
        "pid, end = pty.fork()\n"
        "pid or os.execv(sys.argv[1], sys.argv[1:])\n"
        "seen = b''\n"
        "while b'installing' not in seen: seen += os.read(end, 999)\n"
        "while not os.popen('pgrep -f [c]ompileall').read(): pass\n"
        "os.write(end, b'\\x03')\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    install = [INSTALL, "--offline", "/home/pi/wheels"]

    machine.run("python3", "-c", terminal, *install, status=130)

    assert _version(machine) == "9.0"
    assert machine.show("ActiveState") == "active"


def test_secrets_that_systemd_does_not_hand_over_are_told(machine: Machine) -> None:
    """And a line of one's own may be written as systemd reads it."""
    odd = machine.path / "etc/edgeinfer/secrets/pässword"
    odd.touch()
    drop_in = machine.path / "etc/systemd/system/edgeinfer.service.d/own.conf"
    drop_in.parent.mkdir()
    drop_in.write_text("[Service]\n  LoadCredential = own:/etc/hostname\n")
    machine.run("systemctl", "daemon-reload")

    told = machine.run(INSTALL, "--offline", "/home/pi/wheels-9.0", status=1)
    odd.unlink()
    well = machine.run(INSTALL, "--offline", "/home/pi/wheels-9.0")

    assert "not upgraded: systemd hands nothing over: in /etc/edgeinfer/secrets" in told.stderr
    assert "Unknown assignment" not in told.stderr + well.stderr
    assert "what failed above" not in well.stdout
    assert machine.show("ActiveState") == "active"
    shutil.rmtree(drop_in.parent)


def test_an_upgrade_that_does_not_pass_the_check_is_taken_back(
    machine: Machine, tmp_path: Path
) -> None:
    broken = "raise SystemExit(1)\n"
    wheels = _next_version(machine, tmp_path, "9.1", tools__check=broken)

    done = machine.run(INSTALL, "--offline", wheels, status=1)

    assert "not upgraded: edgeinfer check passes with the old version" in done.stderr
    assert _version(machine) == "9.0"
    assert machine.show("ActiveState") == "active"
    assert len(list((machine.path / "opt/edgeinfer/releases").iterdir())) == 1


def test_a_wrong_configuration_leaves_the_one_that_was_here(machine: Machine) -> None:
    (machine.path / "home/pi/wrong.toml").write_text("[sorce]\n")

    done = machine.run(
        INSTALL, "--offline", "/home/pi/wheels", "--config", "/home/pi/wrong.toml", status=1
    )

    assert "/home/pi/wrong.toml is wrong" in done.stderr
    assert (machine.path / "etc/edgeinfer/edgeinfer.toml").read_text() == CONFIGURATION
    assert not (machine.path / "etc/edgeinfer/edgeinfer.toml.before").exists()
    assert _version(machine) == "9.0"
    assert machine.show("ActiveState") == "active"


def test_an_upgrade_that_does_not_start_is_taken_back(machine: Machine, tmp_path: Path) -> None:
    broken = "raise SystemExit(2)\n"
    wheels = _next_version(machine, tmp_path, "9.2", runtime__service=broken)

    done = machine.run(INSTALL, "--offline", wheels, status=1)

    assert "not upgraded: the new version does not start" in done.stderr
    assert _version(machine) == "9.0"
    assert machine.show("ActiveState") == "active"


def test_without_its_wheels_an_upgrade_changes_nothing(machine: Machine) -> None:
    machine.run("mkdir", "/home/pi/alone")
    machine.run("sh", "-c", "cp /home/pi/wheels/edgeinfer-*.whl /home/pi/alone/")
    began = machine.show("ExecMainStartTimestampMonotonic")

    done = machine.run(INSTALL, "--offline", "/home/pi/alone", "--no-start", status=None)

    # What is in the system's Python may be enough; here it is not.
    assert done.returncode == 1
    assert "nothing was changed" in done.stderr
    assert machine.show("ExecMainStartTimestampMonotonic") == began
    assert _version(machine) == "9.0"


def test_uninstalled_nothing_is_left_but_what_is_to_be_kept(machine: Machine) -> None:
    machine.run(INSTALL, "--uninstall", "--keep", "config")

    left = machine.files() - machine.pristine
    ours = {path for path in left if not path.startswith(("/home/", *NOT_OURS))}
    assert ours == {
        "/etc/edgeinfer",
        "/etc/edgeinfer/edgeinfer.toml",
        "/etc/edgeinfer/secrets",
        "/etc/edgeinfer/secrets/mqtt-password",
    }
    machine.run("id", "edgeinfer", status=1)
    machine.run(INSTALL, "--uninstall")
    assert "/etc/edgeinfer" not in machine.files()
