"""Labels: one text per class, in the order of the model's scores."""

from __future__ import annotations

import lzma
import re
import struct
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path

from edgeinfer.errors import ModelError
from edgeinfer.model.card import METADATA, Card

NO_LABEL = "n/a"
"""Stands where a class has no name: COCO's 90 numbers name 80 things."""

_INDEXED = re.compile(r"(\d+)(?:\s*:\s*|\s+)(\S.*)")
_LARGEST_GAP = 100  # ids as sparse as this are no ids: "1990 Beetle" is a label
# What zipfile raises on bytes that are no archive, or one that it cannot unpack.
_NO_ARCHIVE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error, ValueError, LookupError,
    NotImplementedError, RuntimeError,
)  # fmt: skip
_MOST_BYTES = 10_000_000  # far more than any label file has: a ZIP may claim anything


def of(card: Card, model_path: Path) -> tuple[str, ...]:
    """The labels that a card names; empty where it names none.

    Raises: ModelError: there is no such file, it holds no labels, or there is no metadata.
    """
    if card.labels_path is not None:
        return read(card.labels_path)
    if card.labels != METADATA:
        return ()
    found = from_model(model_path)
    if found is None:
        raise ModelError(f"{model_path}: no labels in its metadata; name a label file in its card")
    return found


def read(path: Path) -> tuple[str, ...]:
    """The labels of a text file: one per line, or `index label` on every line.

    Raises: ModelError: it cannot be read as text, is empty, or too large for labels.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        text = data[:_MOST_BYTES].decode("utf-8-sig")
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: not text in UTF-8; save it again as UTF-8") from error
    if len(data) > _MOST_BYTES:
        raise ModelError(f"{path}: over {_MOST_BYTES // 10**6} MB, which are no labels")
    return _parse(text, str(path))


def from_model(path: Path) -> tuple[str, ...] | None:
    """The labels in the ZIP at the end of a .tflite (TFLite metadata); None: it has none.

    Raises: ModelError: the file cannot be read, or its labels are no text.
    """
    name = _label_file(embedded_files(path))
    if name is None:
        return None
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as member:
            data = member.read(_MOST_BYTES)
    except _NO_ARCHIVE:
        return None
    try:
        return _parse(data.decode("utf-8-sig"), f"{path}: {name}")
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: the labels in its metadata are not text in UTF-8") from error


def embedded_files(path: Path) -> tuple[str, ...]:
    """The names in the ZIP at the end of a .tflite; empty: there is none, or it is broken.

    Raises: ModelError: the file cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return tuple(archive.namelist())
    except _NO_ARCHIVE:
        return ()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from error


def check_count(labels: tuple[str, ...], classes: int, where: str) -> None:
    """Raises: ModelError: the model does not have one score for each label."""
    if len(labels) != classes:
        raise ModelError(
            f"{where}: {classes} scores but {len(labels)} labels; {_advice(labels, classes)}"
        )


def _advice(labels: tuple[str, ...], classes: int) -> str:
    if not labels:
        return "name the model's label file: `labels` in its card, or --labels"
    has_background = labels[0].lower() in ("background", "unlabeled", "???")
    if classes == len(labels) + 1 and not has_background:
        return (
            "models trained on ImageNet often have a first row 'background', which these labels "
            "lack: add it as their first line"
        )
    if classes == len(labels) - 1 and has_background:
        return f"the labels begin with {labels[0]!r}, which this model has no score for: delete it"
    return "these labels belong to another model"


def _label_file(names: tuple[str, ...]) -> str | None:
    texts = [name for name in names if name.endswith(".txt")]
    named = [name for name in texts if "label" in name.lower()]
    return next(iter(named + texts), None)


def _parse(text: str, where: str) -> tuple[str, ...]:
    lines = [line.strip() for line in text.rstrip().split("\n")]
    if lines == [""]:
        raise ModelError(f"{where}: holds no labels; write one per line")
    return _indexed(lines) or tuple(line or NO_LABEL for line in lines)


def _indexed(lines: list[str]) -> tuple[str, ...] | None:
    """Labels by their own index; None where the lines as a whole are no such list.

    Only a list whose every line has a number, rising from 0 or 1, is one: a plain label may well
    begin with a digit.
    """
    matches = [_INDEXED.fullmatch(line) for line in lines if line]
    pairs = [(int(match[1]), match[2]) for match in matches if match]
    numbers = [number for number, _ in pairs]
    rising = all(a < b for a, b in pairwise(numbers))
    if len(pairs) < len(matches) or not rising or numbers[0] > 1:
        return None
    if numbers[-1] > _LARGEST_GAP * len(numbers):
        return None
    by_index = dict(pairs)
    return tuple(by_index.get(index, NO_LABEL) for index in range(numbers[-1] + 1))
