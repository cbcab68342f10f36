"""The command line: one file per verb, arguments in, words or JSON out.

A verb's module is imported when the verb is called, so that `--help` loads nothing heavy. A mistake
of the user ends as one line per problem on standard error and the exit status of its class.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from contextlib import suppress
from difflib import get_close_matches
from importlib import import_module
from typing import NoReturn

import click

from edgeinfer import __version__
from edgeinfer.errors import EdgeinferError

VERBS = {
    "demo": "The whole thing in a minute, with no camera and no network.",
    "run": "The service: frames from a source, through a model, to sinks.",
    "password": "A password for the dashboard: its hash, in a file.",
    "check": "The doctor: what this machine has, what is wrong, and what to do.",
    "models": "The menu of models: list, pull, verify, path.",
    "inspect": "What a model costs: parameters, MACs, bytes, operators, memory.",
    "bench": "What this board really gives a model: time, FLOP/s, threads, heat.",
    "optimize": "The same model, faster here: uint8 rewritten to int8, and compared.",
    "scene": "A drawn clip with its truth: boxes and events, for tests.",
    "flash": "A freshly written card that comes up publishing: name, Wi-Fi, SSH key, installation.",
    "plan": "Which models of the published menu fit a budget, on this board or another.",
}


class Verbs(click.Group):
    """Knows each verb's one line of help without importing the verb."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command = import_module(f"edgeinfer.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - for the type checker
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in VERBS:
            near = get_close_matches(args[0], VERBS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"{args[0]}: no such verb{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(
    cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="edgeinfer")
def cli() -> None:
    """On-device vision for the Raspberry Pi and Google Coral.

    A camera, a TFLite model, MQTT. Every verb has --help and --json; it exits with 0 when done,
    1 when it failed, 2 when arguments or configuration are wrong.
    """


def main() -> NoReturn:
    """The entry point of the `edgeinfer` command."""
    status = _status()
    if any(thread.daemon for thread in threading.enumerate()):
        # One hangs in a driver. Python would stop it when it comes back while the process is being
        # torn down; in the midst of C++, as behind OpenCV, that aborts the process.
        with suppress(OSError):  # whoever read standard output has gone
            sys.stdout.flush()
        os._exit(status)
    sys.exit(status)


def _status() -> int:
    """Run the verb; its exit status. A mistake of the user is a line for each problem."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        cli.main(prog_name="edgeinfer", standalone_mode=False)
    except SystemExit as asked:
        return int(asked.code or 0)
    except EdgeinferError as error:
        return _say(str(error), error.exit_status)
    except click.ClickException as error:
        return _say(f"{error.format_message().rstrip('.')}; see --help", 2)
    except click.Abort:
        return _say("interrupted; nothing half done is left", 130)
    except OSError as error:
        if error.filename is None and error.errno not in _OUTPUT_GONE:
            raise  # a bug: with its traceback
        return _say(f"{error.filename or 'standard output'}: {error.strerror}", 1)
    return 0


_OUTPUT_GONE = (errno.ENOSPC, errno.EPIPE)


def _terminated(*_: object) -> NoReturn:
    """SIGTERM unwinds as Ctrl-C does, so that nothing half done is left; `run` has its own way.

    Not by `click.Abort`: that is a RuntimeError, which some caller may take for its library's.
    """
    raise KeyboardInterrupt


def _say(lines: str, status: int) -> int:
    for line in lines.splitlines():
        print(f"edgeinfer: {line}", file=sys.stderr)
    return status
