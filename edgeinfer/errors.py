"""Every exception that edgeinfer raises on purpose.

EdgeinferError
├── ConfigError (ValueError)     the words are wrong: arguments, configuration      exit 2
├── PluginError (LookupError)    a plug-in that is unknown or cannot be loaded      exit 2
├── ModelError (ValueError)      model, card, labels or tensors disagree            exit 1
├── EngineError (RuntimeError)   the interpreter or its delegate does not work      exit 1
├── DownloadError (OSError)      weights could not be fetched whole                 exit 1
├── SourceError (OSError)        a source cannot be opened, or was lost             exit 1
├── StoreError (OSError)         what must outlive the process cannot be kept       exit 1
└── SinkError (OSError)          a message could not be delivered this time         exit 1
    ├── SinkBusy                 slow, but at work: no failure                   exit 0
    └── SinkClosed               nobody will ever read again, as behind `| head`    exit 0

Exit 2 means that reading the words again is enough to see the mistake, and starting again cannot
help; exit 1 means that the world failed, and starting again may. A message is one line,
`where: what; hint`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_MOST_SHOWN = 50  # problems: a file that is no configuration has thousands


class EdgeinferError(Exception):
    """The root of them all; `exit_status` is what the command line ends with."""

    exit_status = 1


class ConfigError(EdgeinferError, ValueError):
    """Arguments or configuration are wrong; `problems` holds every one of them, a line each."""

    exit_status = 2

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        more = len(self.problems) - _MOST_SHOWN
        rest = [f"and {more} more"] if more > 0 else []
        super().__init__("\n".join([*self.problems[:_MOST_SHOWN], *rest]))


def collect(problems: list[str], ask: Callable[[], T]) -> T | None:
    """What `ask` gives; None where it raises a ConfigError, whose problems join the others."""
    try:
        return ask()
    except ConfigError as error:
        problems += error.problems
        return None


class PluginError(EdgeinferError, LookupError):
    """No installed plug-in has that name, or the library that it needs is missing."""

    exit_status = 2


def lacking(what: str, library: str, extra: str) -> PluginError:
    """`what` needs a library that only an extra brings; the hint says who brings it here."""
    # A release of deploy/install.sh carries the system's files in it.
    if Path(sys.prefix, "system/edgeinfer.service").exists():
        hint = "run install.sh once more: it brings what the sinks in /etc/edgeinfer need"
    else:
        hint = f"pip install 'edgeinfer[{extra}]'"
    return PluginError(f"{what}: needs {library}; {hint}")


class ModelError(EdgeinferError, ValueError):
    """A file is no model, or model, card, labels and tensors do not fit together."""


class EngineError(EdgeinferError, RuntimeError):
    """The interpreter or a delegate cannot be loaded, or refused to run."""


class DownloadError(EdgeinferError, OSError):
    """Weights could not be fetched, or are not the ones that the card names."""


class SourceError(EdgeinferError, OSError):
    """A source cannot be opened, or was lost while it was read."""


class StoreError(EdgeinferError, OSError):
    """A file of the state directory cannot be read or written; trying again later may help."""


class SinkError(EdgeinferError, OSError):
    """A message could not be delivered this time; trying again later may help."""


class SinkBusy(SinkError):  # noqa: N818 - it is a state, not an error
    """The other side is there and takes its time, as a pager on a pipe: offer it again at once."""


class SinkClosed(SinkError):  # noqa: N818 - it is an ending, not an error
    """The reader has gone for good, as in `| head`: an ending, and not a failure."""

    exit_status = 0
