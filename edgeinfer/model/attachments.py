"""Attachments: the files in the ZIP at the end of a .tflite, as TFLite's metadata puts them there.

https://ai.google.dev/edge/litert/conversion/tensorflow/metadata
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from edgeinfer.errors import ModelError


def carried(original: bytes, model: bytes, first: Mapping[str, bytes]) -> bytes:
    """`model` with what is attached to `original`, after the files of `first`.

    Packed as they were: some readers map them into memory and want them stored. Raises: ModelError:
    the ZIP is damaged.
    """
    members = _members(original)
    if not members and not first:
        return model
    file = io.BytesIO(model)
    # Appending writes the offsets that the new length asks for.
    with zipfile.ZipFile(file, "a") as archive:
        for name, data in first.items():
            archive.writestr(_free(name, members), data)
        for member, data in members.values():
            archive.writestr(member, data)
    return file.getvalue()


def _members(model: bytes) -> dict[str, tuple[zipfile.ZipInfo, bytes]]:
    if not zipfile.is_zipfile(io.BytesIO(model)):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(model)) as archive:
            return {
                member.filename: (member, archive.read(member)) for member in archive.infolist()
            }
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise ModelError(f"the ZIP at its end is damaged: {error}") from error


def _free(name: str, members: Mapping[str, object]) -> str:
    while name in members:
        name = f"own_{name}"
    return name
