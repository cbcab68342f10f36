"""A delegate: its library loaded, or told why not; what the interpreter says of it, in a line."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from edgeinfer.errors import EdgeinferError, EngineError, ModelError

_ENTRY = "tflite_plugin_create_delegate"  # what every external delegate exports
_EDGE_TPU_OPERATOR = "edgetpu-custom-op"
# The interpreter sets its own words right behind those of a delegate or an operator.
_GLUED = re.compile(r"(?<=\S)\.?(Node number|Encountered) ")


def load(runtime: ModuleType, library: str, options: Mapping[str, str]) -> Any:
    """The delegate, whose library is looked at first.

    `load_delegate` on a wrong one prints a traceback from its destructor; ctypes does not.
    Raises: EngineError: it cannot be loaded, is none, or does not start.
    """
    try:
        exports = hasattr(ctypes.CDLL(library), _ENTRY)
    except OSError as error:
        raise EngineError(
            f"delegate {library}: cannot be loaded: {reason(error)}; "
            "install the library, or give its full path"
        ) from error
    if not exports:
        raise EngineError(f"delegate {library}: is a library, but not a TFLite delegate")
    try:
        return runtime.load_delegate(library, dict(options))
    except (ValueError, OSError, RuntimeError) as error:
        # Its first line says just that; the second is what the library has reported.
        said = str(error).strip().partition("\n")[2].partition("\n")[0].rstrip(".")
        raise EngineError(
            f"delegate {library}: refused to start: {said or 'no reason given'}; "
            "is the device plugged in, and may this user open it?"
        ) from error


def cannot_run(path: Path, delegate: str | None, error: Exception) -> EdgeinferError:
    """What to raise where the interpreter does not get ready.

    With a delegate it is an `EngineError`: what the delegate cannot do, the CPU perhaps can.
    """
    why = reason(error)
    if delegate:
        return EngineError(f"delegate {delegate}: does not take {path}: {why}")
    if _EDGE_TPU_OPERATOR in why:
        return ModelError(
            f"{path}: compiled for the Edge TPU, which runs it only through its delegate; "
            'set delegate = "libedgetpu.so.1", or take the same model for the CPU'
        )
    return ModelError(f"{path}: cannot be run here: {why}")


def reason(error: Exception) -> str:
    """The first line of what was said, in readable order."""
    line = str(error).strip().partition("\n")[0].rstrip(".")
    return _GLUED.sub(lambda found: f", {found[1].lower()} ", line)
