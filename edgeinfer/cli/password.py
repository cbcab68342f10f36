"""`edgeinfer password`: what the dashboard's `password_file` holds."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edgeinfer import whole
from edgeinfer.errors import ConfigError, lacking
from edgeinfer.sinks import secret


@click.command("password")
@click.argument("file", type=click.Path(path_type=Path))
def command(file: Path) -> None:
    """Ask for a password, and write its hash (argon2) into FILE, which this user alone may read.

    In a pipe the password is the first line of standard input. Whoever has logged in to the
    dashboard with the one before has to log in again, after its next start.
    """
    try:
        from edgeinfer.sinks.dashboard import password
    except ModuleNotFoundError as error:
        raise lacking("password", str(error.name), "web") from error
    try:
        line = password.hashed(_asked())
    except ValueError as error:
        raise ConfigError(f"password: {error}; nothing is written") from error
    whole.write(file, f"{line}\n".encode(), mode=0o600)
    named = file.name if file.parent == secret.FOLDER else file
    hint = f'password_file = "{named}" in the sink of type dashboard'
    click.echo(f"{file}: written; {hint}", err=True)


def _asked() -> str:
    """Twice where a person types it."""
    if sys.stdin.isatty():
        given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return given
    return sys.stdin.readline().rstrip("\r\n")
