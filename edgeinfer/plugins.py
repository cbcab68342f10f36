"""(kind, name) -> class, by entry point: only the plug-in that is named is imported."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from edgeinfer.errors import PluginError

Kind = Literal["source", "engine", "decoder", "tracker", "rule", "sensor", "sink"]


@cache
def _installed(kind: Kind) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=f"edgeinfer.{kind}s")}


def names(kind: Kind) -> list[str]:
    """The plug-ins of a kind that are installed, sorted."""
    return sorted(_installed(kind))


def find(kind: Kind, name: str) -> type[Any]:
    """The class behind a name.

    Raises: PluginError: unknown, or the library that it needs is missing.
    """
    entry = _installed(kind).get(name)
    if entry is None:
        raise PluginError(f"{kind} {name!r}: unknown; {_hint(kind, name)}")
    try:
        loaded: type[Any] = entry.load()
    except (ImportError, AttributeError) as error:
        raise PluginError(
            f"{kind} {name!r}: cannot be loaded from {entry.value}: {error}; "
            "install what it names, or the plug-in again"
        ) from error
    return loaded


def options_of(kind: str, name: str) -> type[Any]:
    """The `Options` of a plug-in. Raises: PluginError: as `find`."""
    found: type[Any] = find(kind, name).Options  # type: ignore[arg-type] # an unknown kind has none
    return found


def _hint(kind: Kind, name: str) -> str:
    near = get_close_matches(name, names(kind), n=1)
    question = f"did you mean {near[0]!r}? " if near else ""
    return f"{question}installed: {', '.join(names(kind)) or 'none'}"
