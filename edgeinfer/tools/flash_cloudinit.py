"""Flash: the files that cloud-init reads at the first start, of Raspberry Pi OS from late 2025 on.

They are written as JSON, which YAML is made to contain: quotes, colons and umlauts need no rules of
our own. https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from edgeinfer.tools.flash_identity import Identity, Wifi

# Those that Raspberry Pi OS gives its first person: https://github.com/RPi-Distro/pi-gen
_GROUPS = "users,adm,dialout,audio,netdev,video,plugdev,cdrom,games,input,gpio,spi,i2c,render,sudo"
_FIRST_BOOT = "/boot/firmware/edgeinfer/first-boot.sh"
# JSON may hold these as they are; YAML 1.1, as libyaml and PyYAML read it, wants them escaped.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def files(who: Identity) -> dict[str, str]:
    """Name on the partition to text, in order. Without Wi-Fi the image's own network stays."""
    user_data = "#cloud-config\n" + _document(_user_data(who))
    digest = hashlib.sha256(user_data.encode()).hexdigest()[:12]
    # dsmode: before there is a network. A new instance-id is what makes cloud-init begin anew.
    meta_data = {"dsmode": "local", "instance-id": f"edgeinfer-{digest}"}
    network = {"network-config": _document(_network(who.wifi))} if who.wifi else {}
    return {**network, "meta-data": _document(meta_data), "user-data": user_data}


def _document(value: dict[str, Any]) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def _user_data(who: Identity) -> dict[str, Any]:
    person = {
        "name": who.user,
        "groups": _GROUPS,
        "shell": "/bin/bash",
        "lock_passwd": True,
        "sudo": "ALL=(ALL) NOPASSWD:ALL",
    }
    if who.ssh_keys:
        person["ssh_authorized_keys"] = list(who.ssh_keys)
    return {
        "hostname": who.hostname,
        "manage_etc_hosts": True,
        "users": [person],
        "ssh_pwauth": False,
        # Raspberry Pi's own word, which starts the server that its images have switched off.
        "enable_ssh": bool(who.ssh_keys),
        "runcmd": [
            ["sh", _FIRST_BOOT, "enable"],
            ["systemctl", "daemon-reload"],
            ["systemctl", "start", "--no-block", "edgeinfer-first-boot.service"],
        ],
    }


def _network(wifi: Wifi) -> dict[str, Any]:
    """As netplan has it; without `optional` a cable that is not there would hold up the start."""
    access_point: dict[str, Any] = {"password": wifi.key} if wifi.key else {}
    if wifi.hidden:
        access_point["hidden"] = True
    wlan = {
        "dhcp4": True,
        "optional": True,
        "regulatory-domain": wifi.country,
        "access-points": {wifi.ssid: access_point},
    }
    ethernet = {"dhcp4": True, "dhcp6": True, "optional": True}
    ports = {"ethernets": {"eth0": ethernet}, "wifis": {"wlan0": wlan}}
    return {"network": {"version": 2, **ports}}
