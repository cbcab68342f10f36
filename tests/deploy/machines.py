"""A Debian of its own that is booted in a container, to be installed into and thrown away."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.conftest import ROOT

CACHE = Path.home() / ".cache/edgeinfer/amd64/bookworm"
_BOOT_S = 120
_ENVIRONMENT = ["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"]


class Machine:
    """`path` is its root, laid over the one in the cache, which stays as it is."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "root"
        for part in ("root", "changed", "work"):
            (folder / part).mkdir(parents=True)
        layers = f"lowerdir={CACHE}/root,upperdir={folder}/changed,workdir={folder}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, self.path], check=True)
        self._log = (folder / "boot.log").open("w")
        container = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--boot"]
        container += ["--directory", str(self.path), f"--machine=edgeinfer{folder.stat().st_ino}"]
        # A network of its own: on this one, other tests have their brokers.
        container += ["--console=pipe", "--link-journal=no", "--private-network"]
        self._container = subprocess.Popen(
            container, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )
        try:
            self._wait_until_booted()
            self.pristine = self.files()
        except BaseException:
            self.close()
            raise

    def run(self, *command: str, status: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Inside, as root. Raises: AssertionError: it ends with another status than this one."""
        done = subprocess.run(
            ["nsenter", "-t", str(self._init()), "-a", "env", "-i", *_ENVIRONMENT, *command],
            capture_output=True,
            text=True,
            check=False,
        )
        assert status in (None, done.returncode), f"{command}: {done.stdout}{done.stderr}"
        return done

    def show(self, key: str) -> str:
        return self.run("systemctl", "show", "edgeinfer", f"--property={key}", "--value").stdout[
            :-1
        ]

    def files(self) -> set[str]:
        """What lies where an installation would put something."""
        folders = ["etc", "opt", "usr/local", "var/lib/edgeinfer", "home"]
        found = self.run("find", *[f"/{folder}" for folder in folders], status=None).stdout
        return set(found.splitlines())

    def close(self) -> None:
        self._container.send_signal(signal.SIGTERM)  # it lets the machine shut down
        with suppress(subprocess.TimeoutExpired):
            self._container.wait(60)
        if self._container.poll() is None:
            self._container.kill()
            self._container.wait()
        self._log.close()
        subprocess.run(["umount", "--lazy", self.path], check=True)
        shutil.rmtree(self.path.parent)

    def _init(self) -> int:
        """The machine's first process: nspawn's only child."""
        pid = self._container.pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def _wait_until_booted(self) -> None:
        deadline = time.monotonic() + _BOOT_S
        while time.monotonic() < deadline:
            with suppress(AssertionError, IndexError):
                done = self.run("systemctl", "is-system-running", "--wait", status=None)
                if done.stdout.strip() in ("running", "degraded"):
                    return
            assert self._container.poll() is None, "the container has ended; see its boot.log"
            time.sleep(0.1)
        raise AssertionError(f"not booted within {_BOOT_S} s")


def missing() -> str:
    """Why no such machine can be had here; empty: it can."""
    tools = {"mmdebstrap": "mmdebstrap", "systemd-nspawn": "systemd-container"}
    absent = [package for tool, package in tools.items() if shutil.which(tool) is None]
    return f"needs {', '.join(absent)}: apt install {' '.join(absent)}" if absent else ""


def prepare() -> Path:
    """Build what is not in the cache yet; the folder of wheels, today's edgeinfer among them."""
    subprocess.run([ROOT / "deploy/test/build-root", "bookworm", "amd64"], check=True)
    wheels = CACHE / "wheels"
    subprocess.run([ROOT / "deploy/wheels", "bookworm", wheels, "amd64"], check=True)
    return wheels


def wheel(tree: Path, folder: Path) -> None:
    """That of edgeinfer in a folder of wheels becomes the one that this tree makes."""
    for old in folder.glob("edgeinfer-*.whl"):
        old.unlink()
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    subprocess.run([*build, str(folder), str(tree)], check=True)
