"""Optimize: a uint8 model rewritten to int8, kept only where it is faster here and agrees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from edgeinfer.errors import ConfigError, ModelError
from edgeinfer.model import (
    attachments,
    derived,
    edgetpu,
    flatbuffer,
    int8,
    labels,
    menu,
    network,
)
from edgeinfer.model.card import Card, beside
from edgeinfer.sections import Model
from edgeinfer.shorthand import model_table
from edgeinfer.tools import chosen, pictures
from edgeinfer.tools.agreement import CONFIDENTLY, MEANINGS, Agreement
from edgeinfer.tools.comparison import Agreements, Comparison, Speed

OnStep = Callable[[str, float], None]
"""Is told what is being done, and how much of it, from 0 to 1."""

_FASTER = 1.02  # two runs of one model differ by less
_DRAWN_PICTURES = 20
_LABELS = "labels.txt"  # its name among the attachments


@dataclass(frozen=True, slots=True)
class Request:
    """`images`: a folder or a clip, of which at most `most` pictures are looked at.

    `min_speedup`: how many times as fast OUT has to be.
    """

    model: str
    out: Path
    images: str | None = None
    labels: Path | None = None
    min_agreement: float = 0.98
    min_speedup: float = _FASTER
    threads: int | None = None
    most: int = 200


@dataclass(frozen=True, slots=True)
class Report:
    """`reason`: why nothing was written; empty: OUT and its card were."""

    model: str
    out: str
    written: bool
    reason: str
    changes: int8.Changes
    bytes_before: int
    bytes_after: int
    images: str
    pictures: int
    min_agreement: float
    agreement: Agreement
    kernels: Agreement
    speed: Speed


def optimize(asked: Request, on_step: OnStep = lambda *_: None) -> Report:
    """Rewrite, compare, and write OUT and its card where that is worth it.

    Raises: ConfigError: the words are wrong. ModelError: the model cannot be rewritten, or OUT not
    be written. SourceError: there are no such pictures.
    """
    _check_ending(asked.out)
    found = chosen.find(asked.model)
    original = _Original(found.path, _card(asked.model, found.path))
    _check_apart(asked.out, original)
    rewritten, changes = _rewritten(original, asked.labels)
    with _workplace(asked.out) as folder:
        path = folder / asked.out.name
        path.write_bytes(rewritten)
        seen = _pictures(asked)
        comparison = Comparison(_settings(asked), original.path, original.card, path)
        agreements = comparison.agreements(
            seen, lambda count: on_step("comparing", count / seen.count)
        )
        speed = comparison.speed(lambda share: on_step("timing", share))
        reason = why_not(agreements, speed, asked)
        if not reason:
            text = derived.card_text(original.card, path, _comments(original, agreements, speed))
            _place(path, text, asked.out)
    return Report(
        model=found.name,
        out=str(asked.out),
        written=not reason,
        reason=reason,
        changes=changes,
        bytes_before=original.path.stat().st_size,
        bytes_after=len(rewritten),
        images=seen.name,
        pictures=agreements.pictures,
        min_agreement=asked.min_agreement,
        agreement=agreements.models,
        kernels=agreements.kernels,
        speed=speed,
    )


@dataclass(frozen=True, slots=True)
class _Original:
    path: Path
    card: Card | None


def why_not(agreements: Agreements, speed: Speed, asked: Request) -> str:
    """Why the rewritten model is not worth having; empty: it is."""
    measure = agreements.models.judged
    hint = "" if asked.images else "; drawn pictures show little, give --images with your own"
    if measure is None:
        return f"nothing is found in these pictures, so they show no agreement{hint}"
    least = asked.min_agreement
    if measure.name not in CONFIDENTLY:
        # Where nothing is certain, noise turns much: no rewriting can be held to more than that.
        least = min(least, agreements.kernels.share(measure.name) or 0.0)
    if measure.share < least:
        return (
            f"agreement {measure.share:.3f} ({MEANINGS[measure.name]}) is below {least:.3f}{hint}"
        )
    if speed.ratio.median < asked.min_speedup:
        return (
            f"not faster here: {speed.ratio.median:.2f} times the speed of the original, "
            f"and {asked.min_speedup:g} is wanted"
        )
    return ""


def _check_ending(out: Path) -> None:
    if out.suffix != ".tflite":
        raise ConfigError(f"-o {out}: should end in .tflite, as every path of a model does")
    if out.is_dir():
        raise ConfigError(f"-o {out}: a folder; name a file in it")


def _card(model: str, path: Path) -> Card | None:
    return beside(path) if "path" in model_table(model) else menu.find(model)


def _check_apart(out: Path, original: _Original) -> None:
    """Raises: ConfigError: OUT or its card would take the place of the original's."""
    own = {original.path.resolve()} | ({original.card.file.resolve()} if original.card else set())
    for path in (out, out.with_suffix(".toml")):
        if path.resolve() in own:
            raise ConfigError(f"-o {out}: {path} belongs to the original; choose another name")


def _rewritten(original: _Original, own_labels: Path | None) -> tuple[bytes, int8.Changes]:
    """The new file, with the labels in it: it needs nothing beside it but its card."""
    attached = _attached(original, own_labels)
    model = flatbuffer.read(original.path)
    try:
        _check_compiled(model, original)
        changed, changes = int8.to_int8(model)
        packed = flatbuffer.pack(changed)
        return attachments.carried(flatbuffer.load(original.path), packed, attached), changes
    except ModelError as error:
        raise ModelError(f"{original.path}: {error}") from error


def _attached(original: _Original, own_labels: Path | None) -> dict[str, bytes]:
    """The labels that the original itself does not carry."""
    path = own_labels or (original.card.labels_path if original.card else None)
    if path is None or labels.read(path) == labels.from_model(original.path):
        return {}
    try:
        return {_LABELS: path.read_bytes()}
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from error


def _check_compiled(model: flatbuffer.Model, original: _Original) -> None:
    """Raises: ModelError: an Edge TPU computes it, of which the file shows nothing."""
    if not edgetpu.verdict(network.graphs(model, original.path)).compiled:
        return
    named = original.card.cpu_model if original.card else None
    hint = f": {named}" if named else ""
    raise ModelError(f"compiled for the Edge TPU; take the original{hint}")


def _pictures(asked: Request) -> pictures.Pictures | pictures.Files:
    if asked.images is None:
        return pictures.drawn(_DRAWN_PICTURES)
    return pictures.taken(asked.images, asked.most)


def _settings(asked: Request) -> Model:
    table = model_table(asked.model)
    path = Path(table["path"]) if "path" in table else None
    return Model(table.get("name"), path, asked.labels, threads=asked.threads)


@contextmanager
def _workplace(out: Path) -> Iterator[Path]:
    """A folder beside OUT, so that what is made there is moved into place in one step.

    Raises: ModelError: there is no writing there.
    """
    try:
        folder = TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent)
    except OSError as error:
        raise ModelError(f"{out}: {_no_place(out.parent, error)}") from error
    with folder as name:
        yield Path(name)


def _no_place(folder: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and not folder.exists():
        return f"there is no folder {folder}; make the folder first"
    return f"{error.strerror or error}; choose a folder that you may write to"


def _place(model: Path, card: str, out: Path) -> None:
    """The card first: a card without its model does nothing, but not the other way round."""
    text = model.with_suffix(".toml")
    try:
        text.write_text(card, encoding="utf-8")
        text.replace(out.with_suffix(".toml"))
        model.replace(out)
    except OSError as error:
        raise ModelError(f"{out}: {error.strerror or error}") from error


def _comments(original: _Original, agreements: Agreements, speed: Speed) -> list[str]:
    lines = [
        f"Made from {original.path.name} by `edgeinfer optimize`: uint8 rewritten to int8.",
        f"{speed.ratio.median:.2f} times as fast where it was made; threads: {speed.threads}.",
    ]
    measure = agreements.models.judged
    if measure is not None:
        lines.append(
            f"Agreement {measure.share:.4f} on {agreements.pictures} pictures: "
            f"{MEANINGS[measure.name]}."
        )
    return lines
