"""Flash: a freshly written card becomes one that comes up publishing. No device is ever written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from edgeinfer.errors import ConfigError
from edgeinfer.tools import flash_card as card
from edgeinfer.tools import flash_cloudinit, flash_firstrun, flash_identity, flash_ledger
from edgeinfer.tools import flash_payload as payload
from edgeinfer.tools.flash_identity import Identity
from edgeinfer.tools.flash_payload import File
from edgeinfer.tools.flash_wheel import Wheel

_NOT_SHOWN = "********"


@dataclass(frozen=True, slots=True)
class Request:
    boot: Path
    along: payload.Along
    who: flash_identity.Words


@dataclass(frozen=True, slots=True)
class Plan:
    """`files` in the order in which they are written; the last one makes the others count.

    `left_behind`: what the Pi has to have by itself, a line each.
    """

    card: card.Card
    who: Identity
    files: list[File]
    left_behind: list[str]

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    def shown(self) -> dict[str, str]:
        """The texts that the Pi reads first, without what is secret in them."""
        who = self.who
        if who.wifi and who.wifi.key:
            who = replace(who, wifi=replace(who.wifi, key=_NOT_SHOWN))
        return {file.name: file.read().decode() for file in _settings(self.card, who)}


def plan(asked: Request) -> Plan:
    """Look at everything, and write nothing.

    Raises: EdgeinferError: it cannot be done, and why.
    """
    found = card.look(asked.boot)
    who = flash_identity.identity(asked.who)
    settings = payload.configured(asked.along.configuration)
    taken = payload.files(found, asked.along, settings, Wheel())
    files = [*taken, *_settings(found, who)]
    card.check_room(found.boot, [file.size_bytes for file in files])
    return Plan(found, who, files, payload.left_behind(asked.along, settings))


def write(planned: Plan) -> None:
    """Raises: StoreError: it could not be written; then the card is as it was before."""
    flash_ledger.write(planned.card.boot, planned.files)


def undo(boot: Path) -> list[str]:
    """Take back what was written; the names of those files.

    Raises: ConfigError: no folder. StoreError: nothing was written there, or it was changed since.
    """
    if not boot.is_dir():
        raise ConfigError(f"--boot {boot}: is no folder; name where the card's bootfs is mounted")
    return flash_ledger.undo(boot)


def _settings(found: card.Card, who: Identity) -> list[File]:
    if found.how == "cloud-init":
        return _files(flash_cloudinit.files(who))
    there = (found.boot / "cmdline.txt").read_text(encoding="utf-8")
    kernel = {"cmdline.txt": flash_firstrun.command_line(there)}
    return _files(flash_firstrun.files(who) | kernel)


def _files(texts: dict[str, str]) -> list[File]:
    return [File(name, text.encode()) for name, text in texts.items()]
