"""The published menu: what each model of the tables costs and how good its authors say it is.

Accuracies compare only within one group (`comparable`): two test sets, or two ways to test on one,
give numbers that differ without any difference of the models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from annotated_types import Ge, Gt, Le

from edgeinfer import config
from edgeinfer.errors import ConfigError, ModelError

Task = Literal["classification", "detection"]
Dtype = Literal["float32", "uint8", "int8"]
Count = Annotated[int, Gt(0)]

BYTES_OF = {"float32": 4, "uint8": 1, "int8": 1}
# What a file holds beside a weight's own bytes: the graph, scales, and biases in 32 bits. With it
# the rule is within 3 % of all five published files in 8 bits (a test holds that).
FILE_OVERHEAD_BYTES = 50_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How one family was tested in one number type. `weights` is where they are to be had."""

    comparable: str
    metric: str
    test_set: str
    source: str
    weights: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a table. `activations` are the elements in memory at the peak.

    `bytes` holds sizes of real files; `unrated` the number types without a published accuracy;
    `cards` the names on edgeinfer's own menu.
    """

    px: Count
    width: Annotated[float, Gt(0)] = 1.0
    name: str | None = None
    macs: Count | None = None
    published_macs: Count | None = None
    parameters: Count | None = None
    activations: Count | None = None
    accuracy: Mapping[Dtype, Annotated[float, Gt(0), Le(100)]] = field(default_factory=dict)
    unrated: tuple[Dtype, ...] = ()
    bytes: Mapping[Dtype, Annotated[int, Ge(1)]] = field(default_factory=dict)
    cards: Mapping[Dtype, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for dtype in (*self.accuracy, *self.unrated):
            if self.parameters is None and dtype not in self.bytes:
                raise ValueError(f"{self.px} px, {dtype}: give its parameters or its bytes")


@dataclass(frozen=True, slots=True)
class Table:
    """One file. `like` names the family that a model which is not written here is built like."""

    family: str
    task: Task
    models: tuple[Entry, ...]
    evaluation: Mapping[Dtype, Evaluation]
    like: str | None = None
    edgetpu: bool = False

    def __post_init__(self) -> None:
        used = {d for entry in self.models for d in (*entry.accuracy, *entry.unrated)}
        if used - set(self.evaluation):
            raise ValueError(f"evaluation is missing for {', '.join(used - set(self.evaluation))}")


@dataclass(frozen=True, slots=True)
class Published:
    """One model in one number type. `accuracy` in percent; None: nobody published one.

    `macs` are counted where the model can be written here, else the published ones; `counted` says
    which. `activation_bytes` are those of the tensors that are alive together at the peak.
    `card` is its name on edgeinfer's own menu, where it is there.
    """

    name: str
    family: str
    task: Task
    width: float
    px: int
    dtype: Dtype
    size_bytes: int
    evaluation: Evaluation
    accuracy: float | None = None
    macs: int | None = None
    published_macs: int | None = None
    counted: bool = False
    parameters: int | None = None
    activation_bytes: int | None = None
    like: str | None = None
    edgetpu: bool = False
    card: str | None = None

    @property
    def is_8_bit(self) -> bool:
        return self.dtype != "float32"

    @property
    def comparable(self) -> str:
        """Only within this group do accuracies compare."""
        return self.evaluation.comparable

    @property
    def weights(self) -> str:
        """The address of the trained weights, or of the page that leads to them."""
        return self.evaluation.weights.format(name=self.name, width=self.width, px=self.px)


@cache
def published() -> tuple[Published, ...]:
    """Every row, family by family.

    Raises: ModelError: a table is wrong.
    """
    return tuple(row for path in sorted(folder("published").glob("*.toml")) for row in read(path))


def folder(name: str) -> Path:
    """A wheel carries the tables inside the package; a checkout has them at its top."""
    inside = Path(__file__).parent / "cards"
    return (inside if inside.is_dir() else Path(__file__).parents[2] / "models") / name


def read(path: Path) -> tuple[Published, ...]:
    """The rows of one table.

    Raises: ModelError: with every problem of the file, a line each.
    """
    table = checked(Table, path)
    return tuple(
        _row(table, entry, dtype)
        for entry in table.models
        for dtype in (*entry.accuracy, *entry.unrated)
    )


def checked(kind: type[T], path: Path) -> T:
    """A TOML file as a value of that dataclass.

    Raises: ModelError: with every problem of the file, a line each.
    """
    problems: list[str] = []
    try:
        value = config.check(kind, config.read(path), "table", problems)
    except ConfigError as error:
        raise ModelError(str(error)) from error
    if value is None or problems:
        raise ModelError("\n".join(f"{path}: {problem}" for problem in problems))
    return value


def _row(table: Table, entry: Entry, dtype: Dtype) -> Published:
    return Published(
        name=entry.name or f"{table.family}_{entry.width}_{entry.px}",
        family=table.family,
        task=table.task,
        width=entry.width,
        px=entry.px,
        dtype=dtype,
        size_bytes=_size_bytes(entry, dtype),
        evaluation=table.evaluation[dtype],
        accuracy=entry.accuracy.get(dtype),
        macs=entry.macs or entry.published_macs,
        published_macs=entry.published_macs,
        counted=entry.macs is not None,
        parameters=entry.parameters,
        activation_bytes=entry.activations and entry.activations * BYTES_OF[dtype],
        like=table.like,
        edgetpu=table.edgetpu,
        card=entry.cards.get(dtype),
    )


def _size_bytes(entry: Entry, dtype: Dtype) -> int:
    if dtype in entry.bytes:
        return entry.bytes[dtype]
    assert entry.parameters is not None  # noqa: S101 - Entry has checked it
    return entry.parameters * BYTES_OF[dtype] + FILE_OVERHEAD_BYTES
