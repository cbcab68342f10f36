"""Flash: what a card without cloud-init needs: firstrun.sh, its settings, and words for the kernel.

`deploy/first-boot/firstrun.sh` is the same on every card; what differs stands in two files beside.
"""

from __future__ import annotations

import shlex
from uuid import NAMESPACE_DNS, uuid5

from edgeinfer.tools.flash_card import FOLDER
from edgeinfer.tools.flash_identity import Identity, Wifi

# systemd's own: man systemd-run-generator. Raspberry Pi's tools use the same three, but with a path
# in /boot, for which bookworm rewrites the script (raspberrypi-sys-mods, imager_fixup).
_KERNEL_WORDS = (
    "systemd.run=/boot/firmware/firstrun.sh",
    "systemd.run_success_action=reboot",
    "systemd.unit=kernel-command-line.target",
)


def files(who: Identity) -> dict[str, str]:
    """Name on the partition to text; cmdline.txt is another matter."""
    written = {f"{FOLDER}/settings.sh": _settings(who)}
    if who.wifi:
        written[f"{FOLDER}/wifi.nmconnection"] = connection(who.wifi)
    return written


def command_line(there: str) -> str:
    """What cmdline.txt has, and the words that start firstrun.sh; it may be one line alone."""
    return " ".join([there.strip().partition("\n")[0].rstrip(), *_KERNEL_WORDS]) + "\n"


def _settings(who: Identity) -> str:
    values = {
        "EDGEINFER_HOSTNAME": who.hostname,
        "EDGEINFER_USER": who.user,
        "EDGEINFER_SSH_KEYS": "\n".join(who.ssh_keys),
        "EDGEINFER_WIFI_COUNTRY": who.wifi.country if who.wifi else "",
    }
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())


def connection(wifi: Wifi) -> str:
    """A keyfile of NetworkManager; the SSID as bytes, so that no sign in it means anything.

    https://networkmanager.dev/docs/api/latest/nm-settings-keyfile.html
    """
    lines = [
        "[connection]",
        "id=edgeinfer",
        f"uuid={uuid5(NAMESPACE_DNS, wifi.ssid)}",
        "type=wifi",
        "[wifi]",
        "mode=infrastructure",
        f"ssid={''.join(f'{byte};' for byte in wifi.ssid.encode())}",
        f"hidden={str(wifi.hidden).lower()}",
        *(["[wifi-security]", "key-mgmt=wpa-psk", f"psk={wifi.key}"] if wifi.key else []),
        "[ipv4]",
        "method=auto",
        "[ipv6]",
        "method=auto",
    ]
    return "\n".join(lines) + "\n"
