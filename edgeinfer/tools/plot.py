"""Plot: figures into files, with matplotlib, which is an extra: only here is it missed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgeinfer.errors import ConfigError, PluginError
from edgeinfer.tools import place

_DPI = 150
_PANEL_INCHES = (5.2, 3.6)


def check(path: Path) -> None:
    """Whether a figure can be written there: asked before the work that it is to show.

    Raises: PluginError: matplotlib is missing. ConfigError: no such format, or no file can be
    written there.
    """
    formats = _figure().canvas.get_supported_filetypes()
    if path.suffix.removeprefix(".").lower() not in formats:
        raise ConfigError(f"{path}: no format for a figure; end it in .png, .svg or .pdf")
    place.check(path)


@contextmanager
def drawing(path: Path, rows: int = 1, columns: int = 1) -> Iterator[tuple[Any, ...]]:
    """The empty panels (`matplotlib.axes.Axes`), row by row; the file is written at the end.

    Raises: ConfigError: it cannot be written.
    """
    figure = _figure()
    width, height = _PANEL_INCHES
    figure.set_size_inches(width * columns, height * rows)
    figure.set_layout_engine("constrained")
    yield tuple(figure.subplots(rows, columns, squeeze=False).flat)
    try:
        figure.savefig(path, dpi=_DPI)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}; choose another place") from error


def _figure() -> Any:
    """Without pyplot, which would look for a screen."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PluginError("a plot needs matplotlib; pip install 'edgeinfer[plot]'") from error
    figure = Figure()
    FigureCanvasAgg(figure)
    return figure
