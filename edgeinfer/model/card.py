"""Card: what a person must know of a model to run it, one TOML file beside its label files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from annotated_types import Ge, Gt, Le

from edgeinfer import config
from edgeinfer.errors import ConfigError, ModelError

Task = Literal["classification", "detection", "pose", "segmentation", "face", "embedding", "test"]
Fit = Literal["stretch", "letterbox", "crop"]
Channels = float | tuple[float, float, float]
"""One number for all three channels, or one each for red, green and blue."""

T = TypeVar("T")
METADATA = "metadata"
"""`labels = "metadata"`: they lie in the ZIP at the end of the .tflite."""

# A classifier spreads its score over a thousand names; a detector's 0.5 is the field's custom.
_MIN_SCORES = {"classification": 0.1}
_HEX_DIGITS = frozenset("0123456789abcdef")
_SCHEMES = ("http://", "https://", "file://")


@dataclass(frozen=True, slots=True)
class Weights:
    """Where the .tflite comes from. `bytes` and `sha256` are the model's own, not an archive's."""

    file: str
    bytes: Annotated[int, Gt(0)]
    sha256: str
    url: str = ""  # none: it lies beside its card, and comes with edgeinfer
    member: str | None = None  # the model's path inside the ZIP archive at `url`

    def __post_init__(self) -> None:
        if Path(self.file).name != self.file:
            raise ValueError(f"file {self.file!r} should be a name without a folder")
        if self.url and not self.url.startswith(_SCHEMES):
            raise ValueError(f"url {self.url!r} should begin with one of {', '.join(_SCHEMES)}")
        if len(self.sha256) != 64 or not _HEX_DIGITS.issuperset(self.sha256):
            raise ValueError("sha256 should be 64 digits of 0-9 and a-f")


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A published figure in percent, as its source states it: two sources do not compare."""

    metric: str
    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Card:
    """Everything about a model that its file does not say.

    `mean` and `std` are in pixel values from 0 to 255; None: a quantized input is fed the pixels as
    they are. `decoder` holds `type` and that decoder's own options; empty: nothing decodes it.
    """

    name: str
    file: Path
    task: Task
    summary: str = ""
    licence: str = ""
    labels: str | None = None
    fit: Fit = "stretch"
    mean: Channels | None = None
    std: Channels | None = None
    min_score: Annotated[float, Ge(0), Le(1)] = 0.5
    delegate: str | None = None  # the library that it cannot run without
    cpu_model: str | None = None  # the card that does the same on the CPU
    roles: Mapping[str, Annotated[int, Ge(0)]] = field(default_factory=dict)
    decoder: Mapping[str, Any] = field(default_factory=dict)
    weights: Weights | None = None
    accuracy: Accuracy | None = None

    def __post_init__(self) -> None:
        if self.decoder and not isinstance(self.decoder.get("type"), str):
            raise ValueError('decoder.type is missing; as in type = "classifier"')
        if (self.mean is None) != (self.std is None):
            raise ValueError("mean and std belong together; give both or neither")
        deviations = self.std if isinstance(self.std, tuple) else (self.std,)
        if any(value is not None and value <= 0 for value in deviations):
            raise ValueError("std should be greater than 0")

    @property
    def decoder_type(self) -> str | None:
        """The decoder's plug-in name; None: the model's outputs are wanted as they are."""
        return self.decoder.get("type")

    @property
    def decoder_options(self) -> dict[str, Any]:
        """What the decoder's own `Options` are built from."""
        return {key: value for key, value in self.decoder.items() if key != "type"}

    @property
    def labels_path(self) -> Path | None:
        """The label file, in `labels/` or beside the card; None: none, or in the metadata."""
        if self.labels is None or self.labels == METADATA:
            return None
        shared = self.file.parent / "labels" / self.labels
        return shared if shared.is_file() else self.file.parent / self.labels


def read(path: Path) -> Card:
    """The card in a TOML file; its name is the file's, without the ending.

    Raises: ModelError: with every problem of the file, a line each.
    """
    try:
        table = config.read(path)
    except ConfigError as error:
        raise ModelError(str(error)) from error
    problems: list[str] = []
    card = _build(path, table, problems)
    if card is None or problems:
        raise ModelError("\n".join(f"{path}: {problem}" for problem in problems))
    return card


def beside(model_path: Path) -> Card | None:
    """The card that lies beside a .tflite (`x.toml` beside `x.tflite`), if there is one.

    Raises: ModelError: there is one, and it is wrong.
    """
    path = model_path.with_suffix(".toml")
    return read(path) if path.is_file() else None


def _build(path: Path, table: dict[str, Any], problems: list[str]) -> Card | None:
    given = dict(table)
    weights = _section(Weights, given, "weights", problems)
    accuracy = _section(Accuracy, given, "accuracy", problems)
    # A card is called what its file is called: two names for one thing drift apart.
    problems += [
        f"card.{key}: unknown; the file's own name says it"
        for key in ("name", "file")
        if given.pop(key, None) is not None
    ]
    given = {"min_score": _MIN_SCORES.get(str(given.get("task")), 0.5), **given}
    card = config.check(Card, {**given, "name": path.stem, "file": str(path)}, "card", problems)
    return card and replace(card, weights=weights, accuracy=accuracy)


def _section(kind: type[T], table: dict[str, Any], name: str, problems: list[str]) -> T | None:
    section = table.pop(name, None)
    return None if section is None else config.check(kind, section, name, problems)
