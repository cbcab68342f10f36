"""deploy/ansible, by a real SSH server, in a Debian of its own under a real systemd."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from edgeinfer import assembly
from tests.conftest import ROOT
from tests.deploy import machines
from tests.deploy.machines import Machine
from tests.deploy.tools import quiet, tool

FOLDER = ROOT / "deploy/ansible"
# What a person writes into the inventory: quotes and umlauts among it.
FACTS: dict[str, Any] = {
    "edgeinfer_device": 'Tor "3" ü',
    "edgeinfer_source": {"type": "synthetic", "scene": "railway"},
    "edgeinfer_model": {"path": "/etc/edgeinfer/model.tflite", "scores": {"stop sign": 0.6}},
    "edgeinfer_limits": {"max_fps": 5, "max_temp_c": 70.5},
    "edgeinfer_rules": [{"type": "zone", "name": "gate", "polygon": [[0, 0], [1, 0], [1, 1.0]]}],
    "edgeinfer_broker": "mqtt://localhost:1883",
    "edgeinfer_sinks": [{"type": "metrics", "port": 9533}],
}
PLAYBOOK = "ansible-playbook"
NEEDS = "pip install -e .[deploy]"


def ansible(folder: Path, *words: str | Path, check: bool = True) -> str:
    """Run the playbook from a folder with an inventory of its own; what it said."""
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(FOLDER / "ansible.cfg"),
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_FORCE_COLOR": "0",
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
        # Ansible wants a UTF-8 locale, and CI may have none.
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(
        [tool(PLAYBOOK, NEEDS), "-i", folder / "inventory.yaml", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 or not check, done.stdout + done.stderr
    return done.stdout


def recap(said: str, host: str) -> dict[str, int]:
    line = next(line for line in said.splitlines() if re.match(rf"{host}\s+:", line))
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", line)}


def test_ansible_lint_has_nothing_to_say() -> None:
    lint = tool("ansible-lint", NEEDS)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [lint, "--offline", "--nocolor", "--profile", "production", "-q"],
        cwd=FOLDER,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_of_an_inventory_is_one_that_the_playbook_takes() -> None:
    said = quiet(tool(PLAYBOOK, NEEDS), "site.yaml", "--list-hosts", cwd=FOLDER)
    assert "porch.local" in said
    quiet(tool(PLAYBOOK, NEEDS), "site.yaml", "--syntax-check", cwd=FOLDER)


@pytest.fixture
def rendered(tmp_path: Path) -> Any:
    """The configuration that a host with these facts gets, made on this machine."""
    defaults = yaml.safe_load((FOLDER / "roles/edgeinfer/defaults/main.yaml").read_text())
    play = {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            {
                "ansible.builtin.template": {
                    "src": str(FOLDER / "roles/edgeinfer/templates/edgeinfer.toml.j2"),
                    "dest": str(tmp_path / "edgeinfer.toml"),
                    "mode": "0600",
                }
            }
        ],
    }
    (tmp_path / "play.yaml").write_text(yaml.safe_dump([play]))

    def render(**facts: Any) -> str:
        host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        hosts = {"here": {**host, **defaults, **facts}}
        (tmp_path / "inventory.yaml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
        ansible(tmp_path, tmp_path / "play.yaml")
        return (tmp_path / "edgeinfer.toml").read_text()

    return render


def test_the_inventory_becomes_a_configuration(rendered: Any) -> None:
    table = tomllib.loads(rendered(**FACTS))
    assert table["device"]["name"] == FACTS["edgeinfer_device"]
    assert table["source"] == FACTS["edgeinfer_source"]
    assert table["model"] == FACTS["edgeinfer_model"]
    assert table["limits"] == FACTS["edgeinfer_limits"]
    assert table["rule"] == FACTS["edgeinfer_rules"]
    assert [sink["type"] for sink in table["sink"]] == ["mqtt", "metrics"]


def test_the_defaults_are_a_valid_configuration(rendered: Any) -> None:
    assert assembly.configure(tomllib.loads(rendered())).device.name == "here"


def test_a_user_of_the_broker_has_a_password_in_a_file(rendered: Any) -> None:
    sink = tomllib.loads(rendered(edgeinfer_broker_user="ü"))["sink"][0]
    assert (sink["user"], sink["password_file"]) == ("ü", "mqtt-password")


# The real thing


pytestmark = [pytest.mark.machine, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def wheels(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if os.geteuid() != 0 or platform.machine() != "x86_64" or machines.missing():
        pytest.skip(machines.missing() or "needs root on x86-64, to boot a container")
    folder = tmp_path_factory.mktemp("gathered") / "wheels"
    shutil.copytree(machines.prepare(), folder)
    shutil.copy(models / "coco_ssd_mobilenet_v1_1.0_quant.tflite", folder)
    return folder


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Iterator[tuple[Machine, Path]]:
    """A machine that is reached by SSH with a key, and the folder with its inventory."""
    folder = tmp_path_factory.mktemp("fleet")
    machine = Machine(tmp_path_factory.mktemp("machine"))
    try:
        quiet("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key")
        ssh = machine.path / "root/.ssh"
        ssh.mkdir(mode=0o700, exist_ok=True)
        (ssh / "authorized_keys").write_text((folder / "key.pub").read_text())
        machine.run("systemctl", "start", "ssh", "mosquitto")
        (folder / "inventory.yaml").write_text(yaml.safe_dump(_inventory(machine, folder, wheels)))
        yield machine, folder
    finally:
        machine.close()


def _inventory(machine: Machine, folder: Path, wheels: Path) -> dict[str, Any]:
    # Its network is its own: what SSH would connect to is reached from inside of it.
    inside = "exec 3<>/dev/tcp/127.0.0.1/22; cat <&3 & cat >&3"
    proxy = f"nsenter -t {machine._init()} -n bash -c '{inside}'"
    host = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(folder / "key"),
        "ansible_ssh_common_args": f'-o ProxyCommand="{proxy}" -o UserKnownHostsFile=/dev/null',
        "edgeinfer_wheels": str(wheels),
        "edgeinfer_device": "porch",
        "edgeinfer_source": {"type": "synthetic"},
        "edgeinfer_broker": "mqtt://localhost:1883",
        "edgeinfer_broker_user": "edgeinfer",
        "edgeinfer_broker_password": 'it\'s "s3cret"',
    }
    return {"edgeinfer": {"hosts": {"porch": host}}}


def test_a_dry_run_changes_nothing(fleet: tuple[Machine, Path]) -> None:
    machine, folder = fleet
    said = ansible(folder, FOLDER / "site.yaml", "--check")
    assert recap(said, "porch")["failed"] == 0
    assert not (machine.path / "etc/edgeinfer").exists()


@pytest.fixture(scope="module")
def installed(fleet: tuple[Machine, Path]) -> tuple[Machine, Path]:
    machine, folder = fleet
    ansible(folder, FOLDER / "site.yaml")
    return machine, folder


def test_the_service_gives_results(installed: tuple[Machine, Path]) -> None:
    machine, _ = installed
    assert machine.show("ActiveState") == "active"
    assert machine.show("NRestarts") == "0"
    heard = machine.run(
        "timeout", "30", "mosquitto_sub", "-C", "1", "-t", "edgeinfer/porch/result"
    ).stdout
    assert json.loads(heard)["type"] == "result"


def test_the_password_is_a_credential_that_root_alone_can_read(
    installed: tuple[Machine, Path],
) -> None:
    machine, _ = installed
    path = machine.path / "etc/edgeinfer/secrets/mqtt-password"
    assert path.read_text() == 'it\'s "s3cret"\n'
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_second_run_changes_nothing(installed: tuple[Machine, Path]) -> None:
    machine, folder = installed
    began = machine.show("ActiveEnterTimestampMonotonic")
    said = ansible(folder, FOLDER / "site.yaml", "--diff", "-v")
    assert recap(said, "porch")["changed"] == 0
    assert "s3cret" not in said
    assert machine.show("ActiveEnterTimestampMonotonic") == began


def test_another_configuration_restarts_the_service_and_installs_nothing(
    installed: tuple[Machine, Path],
) -> None:
    machine, folder = installed
    began = machine.show("ActiveEnterTimestampMonotonic")
    release = (machine.path / "opt/edgeinfer/current").readlink()
    ansible(folder, FOLDER / "site.yaml", "-e", json.dumps({"edgeinfer_limits": {"max_fps": 2}}))
    assert machine.show("ActiveEnterTimestampMonotonic") != began
    assert (machine.path / "opt/edgeinfer/current").readlink() == release
    assert "max_fps = 2" in (machine.path / "etc/edgeinfer/edgeinfer.toml").read_text()


def test_a_folder_without_edgeinfer_is_refused(
    installed: tuple[Machine, Path], tmp_path: Path
) -> None:
    _, folder = installed
    said = ansible(folder, FOLDER / "site.yaml", "-e", f"edgeinfer_wheels={tmp_path}", check=False)
    assert "should have one wheel of edgeinfer" in said


# The last one, for it leaves the machine with that configuration.
def test_a_configuration_that_is_wrong_stops_the_fleet(installed: tuple[Machine, Path]) -> None:
    _, folder = installed
    wrong = json.dumps({"edgeinfer_limits": {"max_fsp": 2}})
    said = ansible(folder, FOLDER / "site.yaml", "-e", wrong, check=False)
    assert recap(said, "porch")["failed"] == 1
