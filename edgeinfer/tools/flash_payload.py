"""Flash: what the first boot installs: edgeinfer by its installer, with a configuration."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edgeinfer import assembly, config
from edgeinfer.errors import ConfigError
from edgeinfer.sections import Config, Model
from edgeinfer.tools.flash_card import FOLDER, Card
from edgeinfer.tools.flash_wheel import Wheel

_SECRETS = ("password_file", "secret_file", "key")
_PUBLIC = ("ca", "certificate")
_TAKEN_ALONG = (".whl", ".deb", ".tflite")
# Of the release: trixie has cloud-init; bookworm has firstrun.sh, and so had the first trixie.
_PYTHONS = {"cloud-init": ("cp313",), "firstrun": ("cp311", "cp313")}


@dataclass(frozen=True, slots=True)
class File:
    """`name` on the partition. `content`: bytes, or the file that is copied."""

    name: str
    content: bytes | Path = field(repr=False)
    secret: bool = False

    @property
    def size_bytes(self) -> int:
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size

    def read(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()


def files(card: Card, configuration: Path, offline: Path | None, wheel: Wheel) -> list[File]:
    """All of our folder on the card, but what says who the Pi is.

    Raises: ConfigError: the configuration is wrong, or a file that it names is not beside it; what
    is to be taken along is not there, or does not fit the card.
    """
    found = [*_configuration(configuration), *_installer(card)]
    if offline is None:
        return [*found, File(f"{FOLDER}/deploy/{wheel.name}", wheel.content())]
    return [*found, *_offline(offline, _PYTHONS[card.how])]


def _installer(card: Card) -> Iterator[File]:
    root = _root()
    scripts = root / "deploy/first-boot"
    for name in ("first-boot.sh", "edgeinfer-first-boot.service"):
        yield File(f"{FOLDER}/{name}", scripts / name)
    if card.how == "firstrun":
        yield File("firstrun.sh", scripts / "firstrun.sh")
    installed = [root / "deploy/install.sh", *sorted((root / "systemd").rglob("*"))]
    for path in installed:
        if path.is_file():
            yield File(f"{FOLDER}/{path.relative_to(root).as_posix()}", path)


def _root() -> Path:
    """A wheel carries these files inside the package; a checkout has them at its top."""
    inside = Path(__file__).parent / "onto_pi"
    return inside if inside.is_dir() else Path(__file__).parents[2]


def _configuration(path: Path) -> Iterator[File]:
    table = config.read(path)
    folder = path.resolve().parent
    # Relative names begin in /etc/edgeinfer there, and here in the configuration's own folder.
    with contextlib.chdir(folder):
        settings = assembly.configure(table)
    yield File(f"{FOLDER}/edgeinfer.toml", path)
    for sink in settings.sinks:
        yield from _named_by(sink.options, _SECRETS, folder, f"{FOLDER}/secrets", secret=True)
        yield from _named_by(sink.options, _PUBLIC, folder, f"{FOLDER}/etc", secret=False)
    for name in _own_models(settings):
        yield _beside(folder, name, f"{FOLDER}/etc", secret=False)


def _named_by(
    options: object, keys: tuple[str, ...], folder: Path, to: str, *, secret: bool
) -> Iterator[File]:
    for key in keys:
        named = getattr(options, key, None)
        if isinstance(named, Path) and not named.is_absolute():
            yield _beside(folder, named, to, secret=secret)


def _own_models(settings: Config) -> Iterator[Path]:
    model: Model = settings.model
    named = [model.path, model.labels, *(Path(rung) for rung in model.ladder if ".tflite" in rung)]
    yield from (path for path in named if path is not None and not path.is_absolute())


def _beside(folder: Path, named: Path, to: str, *, secret: bool) -> File:
    """Raises: ConfigError: it is not there, or lies where a card has no place for it."""
    if ".." in named.parts or (secret and len(named.parts) > 1):
        raise ConfigError(f"{named}: should lie beside the configuration; name it without a folder")
    if not (folder / named).is_file():
        raise ConfigError(f"{named}: is not in {folder}, where the configuration is; put it there")
    return File(f"{to}/{named.as_posix()}", folder / named, secret)


def _offline(folder: Path, pythons: tuple[str, ...]) -> list[File]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in _TAKEN_ALONG)
    except OSError as error:
        raise ConfigError(
            f"--offline {folder}: {(error.strerror or str(error)).lower()}"
        ) from error
    names = [path.name for path in paths]
    if not any(name.startswith("edgeinfer-") for name in names):
        hint = "deploy/wheels gathers all that is needed"
        raise ConfigError(f"--offline {folder}: has no wheel of edgeinfer; {hint}")
    if not any(_fits(name, pythons) for name in names if name.startswith("ai_edge_litert-")):
        wanted = " or ".join(f"3.{python.removeprefix('cp3')}" for python in pythons)
        what = f"has no ai-edge-litert for aarch64 and Python {wanted}, which this card has"
        raise ConfigError(f"--offline {folder}: {what}; deploy/wheels gathers it")
    return [File(f"{FOLDER}/offline/{path.name}", path) for path in paths]


def _fits(wheel: str, pythons: tuple[str, ...]) -> bool:
    """By its name: https://packaging.python.org/en/latest/specifications/binary-distribution-format/."""
    tags = wheel.removesuffix(".whl").split("-")
    return tags[-1].endswith("aarch64") and tags[-2] in pythons
