"""Boot partitions of freshly written cards, as far as `edgeinfer flash` looks at them."""

from __future__ import annotations

from pathlib import Path

# Of a key that was made for this file and thrown away.
PUBLIC_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0CVYLd51JUadKZM6THNQoGzBtQ+X4NQdn2ciH/r0/R me@büro"
)
CMDLINE = (
    "console=serial0,115200 console=tty1 root=PARTUUID=3b4c07e1-02 rootfstype=ext4 "
    "fsck.repair=yes rootwait quiet init=/usr/lib/raspberrypi-sys-mods/firstboot\n"
)
CONFIGURATION = """
[source]
type = "picamera"
[model]
name = "coco_ssd_mobilenet_v1"
[[sink]]
type = "mqtt"
uri = "mqtt://broker.lan"
user = "porch"
password_file = "mqtt-password"
"""


def bookworm(boot: Path) -> Path:
    boot.mkdir(parents=True)
    for name in ("config.txt", "kernel8.img", "kernel_2712.img", "issue.txt"):
        (boot / name).write_text(f"{name}\n")
    (boot / "cmdline.txt").write_text(CMDLINE)
    return boot


def trixie(boot: Path) -> Path:
    bookworm(boot)
    (boot / "user-data").write_text("#cloud-config\n\n#hostname: raspberrypi\n\n#users:\n")
    (boot / "meta-data").write_text("dsmode: local\ninstance_id: rpios-image\n")
    (boot / "network-config").write_text("network:\n  version: 2\n")
    return boot


def configuration(folder: Path) -> Path:
    """Beside it lies the secret that it names."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mqtt-password").write_text("s3cret-of-the-broker\n")
    (folder / "edgeinfer.toml").write_text(CONFIGURATION)
    return folder / "edgeinfer.toml"


def contents(boot: Path) -> dict[str, bytes]:
    paths = sorted(path for path in boot.rglob("*") if path.is_file())
    return {path.relative_to(boot).as_posix(): path.read_bytes() for path in paths}
