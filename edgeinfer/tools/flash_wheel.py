"""Flash: this edgeinfer as a wheel, so that the Pi runs the version that prepared its card."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from importlib.metadata import Distribution, PackagePath, distribution
from pathlib import Path
from tempfile import TemporaryDirectory

from edgeinfer import __version__
from edgeinfer.errors import StoreError

# Written by the installer, and true of this machine alone.
_OWN_TO_A_MACHINE = ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json")


@dataclass(frozen=True, slots=True)
class Wheel:
    """The wheel of the edgeinfer that is running."""

    name: str = f"edgeinfer-{__version__}-py3-none-any.whl"

    def content(self) -> bytes:
        """Raises: StoreError: it is a checkout, and pip could not make a wheel of it."""
        installed = distribution("edgeinfer")
        checkout = _checkout(installed)
        return _built(checkout) if checkout else packed(installed)


def _checkout(installed: Distribution) -> Path | None:
    """Where an editable installation has its code; https://peps.python.org/pep-0610/."""
    direct = json.loads(installed.read_text("direct_url.json") or "{}")
    if not direct.get("dir_info", {}).get("editable"):
        return None
    return Path(__file__).parents[2]


def _built(checkout: Path) -> bytes:
    with TemporaryDirectory() as folder:
        words = ["wheel", "--quiet", "--disable-pip-version-check", "--no-deps", "-w", folder]
        done = subprocess.run(
            [sys.executable, "-m", "pip", *words, str(checkout)],
            capture_output=True,
            text=True,
            check=False,
        )
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            last = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
            raise StoreError(f"{checkout}: no wheel could be made of it: {last}; try --offline")
        return wheels[0].read_bytes()


def packed(installed: Distribution) -> bytes:
    """What pip unpacked is packed again, with a list of it that names no sums: pip needs none."""
    inside = [path for path in installed.files or [] if _belongs(path)]
    names = [path.as_posix() for path in inside]
    record = next(name for name in names if name.endswith(".dist-info/METADATA"))
    record = record.replace("METADATA", "RECORD")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path in inside:
            wheel.writestr(path.as_posix(), path.read_binary())
        wheel.writestr(record, "".join(f"{name},,\n" for name in [*names, record]))
    return target.getvalue()


def _belongs(path: PackagePath) -> bool:
    """Neither what Python compiled nor what pip put elsewhere, as the command itself."""
    own = path.parts[0] == "edgeinfer" or path.parts[0].endswith(".dist-info")
    return own and path.suffix != ".pyc" and path.name not in _OWN_TO_A_MACHINE
