"""`edgeinfer flash`: a fresh card becomes one with which a Pi comes up publishing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

if TYPE_CHECKING:  # a configuration loads pydantic: not for --help
    from edgeinfer.tools.flash import Plan, Request

_FOLDER = click.Path(path_type=Path)


@click.command("flash")
@click.option(
    "--boot", required=True, metavar="FOLDER", type=_FOLDER, help="Where its bootfs is mounted."
)
@click.option("-c", "--config", "configuration", metavar="FILE", type=_FOLDER, help="For the Pi.")
@click.option("--hostname", default="edgeinfer", show_default=True, metavar="NAME")
@click.option("--user", default="pi", show_default=True, metavar="NAME", help="Who may log in.")
@click.option("--ssh-key", metavar="FILE", type=_FOLDER, help="Their public key: a .pub file.")
@click.option("--wifi", "ssid", metavar="SSID", help="The name of the network. [a cable]")
@click.option(
    "--wifi-password", "password_file", metavar="FILE", type=click.File(),
    help='Holds the password; "-" is standard input. [is asked for]',
)  # fmt: skip
@click.option("--open", "is_open", is_flag=True, help="The network has no password.")
@click.option("--hidden", is_flag=True, help="The network does not tell its name.")
@click.option("--country", metavar="CC", help="Where the radio is, as in GB; needed with --wifi.")
@click.option(
    "--offline", metavar="FOLDER", type=_FOLDER,
    help="Take wheels, packages and models along: no network is needed to install.",
)  # fmt: skip
@click.option(
    "--requirements", metavar="FILE", type=_FOLDER,
    help="Plug-ins and extras to install, as pip reads it.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@click.option("--undo", is_flag=True, help="Take back what was written, before the first start.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document; writes only with --yes.")
def command(*, boot: Path, undo: bool, as_json: bool, **given: Any) -> None:
    """Prepare the card of a headless Pi. Write Raspberry Pi OS (64-bit) onto it first.

    Only files on its mounted boot partition are written, never a device. docs/deploy.md has the
    way from an empty card.
    """
    if undo:
        _undo(boot, as_json=as_json)
    else:
        _flash(boot, as_json=as_json, **given)


def _undo(boot: Path, *, as_json: bool) -> None:
    from edgeinfer.tools import flash

    names = flash.undo(boot)
    if as_json:
        print(json.dumps({"boot": str(boot), "taken_back": names}, indent=2))
    else:
        print(f"{boot}: as it was before; {len(names)} files taken back")


def _flash(boot: Path, *, as_json: bool, dry_run: bool, yes: bool, **given: Any) -> None:
    from edgeinfer.tools import flash

    planned = flash.plan(_request(boot, **given))
    writes = not dry_run and (yes or not as_json)
    if not as_json:
        _show(planned)
        writes = writes and (yes or _confirmed())
    if writes:
        flash.write(planned)
    if as_json:
        print(json.dumps(_document(planned, written=writes), indent=2, ensure_ascii=False))
    else:
        print("written; eject the card before you take it out" if writes else "nothing was written")


def _confirmed() -> bool:
    try:
        return click.confirm("Write this?")
    except click.Abort:
        if sys.stdin.isatty():
            raise
        hint = "--yes writes without a question"
        raise click.UsageError(f"nothing was written: nobody answers; {hint}") from None


def _request(boot: Path, *, password_file: TextIO | None, is_open: bool, **given: Any) -> Request:
    from edgeinfer.tools.flash import Request
    from edgeinfer.tools.flash_identity import Words
    from edgeinfer.tools.flash_payload import Along

    along = {name: given.pop(name) for name in ("configuration", "requirements", "offline")}
    if along["configuration"] is None:
        raise click.UsageError("-c: missing; name the configuration that the Pi is to have")
    password = _password(password_file, given["ssid"], is_open=is_open)
    return Request(boot, Along(**along), Words(**given, password=password))


def _password(file: TextIO | None, ssid: str | None, *, is_open: bool) -> str:
    """Not an argument: those are seen by everybody on the machine, and kept by the shell."""
    if is_open and file is not None:
        raise click.UsageError("--open: is for a network without a password; leave one of them out")
    if is_open or (ssid is None and file is None):
        return ""
    if file is None and not sys.stdin.isatty():
        raise click.UsageError("--wifi-password: missing; name a file, or say --open")
    if file is None:
        return str(click.prompt(f"Password of {ssid}", hide_input=True, err=True))
    try:
        password = file.read().removeprefix("\ufeff").rstrip("\r\n")  # as Notepad writes
    except UnicodeDecodeError as error:
        raise click.UsageError(f"--wifi-password {file.name}: is no text in UTF-8") from error
    if not password:
        raise click.UsageError(f"--wifi-password {file.name}: is empty; an open network has --open")
    return password


def _show(planned: Plan) -> None:
    for name, text in planned.shown().items():
        click.secho(f"--- {name}", bold=True)
        click.echo(text.rstrip())
    click.secho(f"--- files on {planned.card.boot}", bold=True)
    for file in planned.files:
        secret = "  (secret, in the clear until the first start)" if file.secret else ""
        new = "changed" if (planned.card.boot / file.name).exists() else "new"
        click.echo(f"{file.size_bytes:>12,}  {new:<8} {file.name}{secret}")
    click.secho("---", bold=True)
    for line in _summary(planned):
        click.echo(line)


def _summary(planned: Plan) -> list[str]:
    who = planned.who
    how = "cloud-init" if planned.card.how == "cloud-init" else "firstrun.sh"
    if who.wifi is None:
        network = "a cable"
    else:
        network = f"Wi-Fi {who.wifi.ssid} ({who.wifi.country})" + (
            "" if who.wifi.key else ", which is open to everybody"
        )
    keys = (
        f"log in as {who.user}, with a key" if who.ssh_keys else "nobody can log in: no --ssh-key"
    )
    return [
        *planned.left_behind,
        f"{who.hostname}: by {network}; {keys}",
        f"{len(planned.files)} files, {planned.size_bytes / 1e6:.1f} MB, applied by {how}",
    ]


def _document(planned: Plan, *, written: bool) -> dict[str, Any]:
    return {
        "boot": str(planned.card.boot),
        "how": planned.card.how,
        "hostname": planned.who.hostname,
        "written": written,
        "files": [{"name": file.name, "bytes": file.size_bytes} for file in planned.files],
        "left_behind": planned.left_behind,
        "shown": planned.shown(),
    }
