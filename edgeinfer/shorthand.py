"""One word of the command line -> a section of the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_type_hints

from edgeinfer import plugins


def source_table(text: str) -> dict[str, Any]:
    """`0`, `/dev/video0`, `picamera:0`, `rtsp://…`, a clip, a folder, as a `[source]` section."""
    scheme, colon, rest = text.partition(":")
    if text.isdigit() or text.startswith("/dev/"):
        return {"type": "v4l2", "device": text}
    if "://" not in text and scheme in plugins.names("source"):
        return {"type": scheme, **_argument("source", scheme, rest if colon else "")}
    if Path(text).is_dir():
        return {"type": "folder", "path": text}
    return {"type": "video", "uri": text}


def sink_table(text: str) -> dict[str, Any]:
    """`jsonl:-`, `jsonl:FILE`, `mqtt://host:1883`, as a `[[sink]]` section.

    Raises: PluginError: no sink of that name.
    """
    scheme, _, rest = text.partition(":")
    return {"type": scheme, **_argument("sink", scheme, text if rest.startswith("//") else rest)}


def model_table(text: str) -> dict[str, Any]:
    """A menu name, or the path of a .tflite, as a `[model]` section."""
    is_path = text.endswith(".tflite") or "/" in text
    return {"path": text} if is_path else {"name": text}


def _argument(kind: plugins.Kind, name: str, text: str) -> dict[str, Any]:
    plugin = plugins.find(kind, name)
    if not text:
        return {}
    is_text = get_type_hints(plugin.Options)[plugin.argument] is str
    return {plugin.argument: int(text) if text.isdigit() and not is_text else text}
