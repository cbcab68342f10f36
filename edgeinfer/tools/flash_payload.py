"""Flash: what the first boot installs: edgeinfer by its installer, with a configuration."""

from __future__ import annotations

import contextlib
import re
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
# As systemd takes it: for another it refuses the whole folder, and what is hidden is left out.
_SECRET = re.compile(r"(?!\.)[ -9;-~]+")
# In a list for pip: https://pip.pypa.io/en/stable/reference/requirements-file-format/
_A_FILE = re.compile(
    r"\s*(-[rcef]\b|--(requirement|constraint|editable|find-links)\b|[./~\\]|[A-Za-z]:\\)"
    r"|[^#]*(file:|@\s*[./~])|(?!.*://)[^#]*\.whl\b"
)
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


@dataclass(frozen=True, slots=True)
class Along:
    """What a person has for the Pi: `requirements` is a list for pip, `offline` a folder."""

    configuration: Path
    requirements: Path | None = None
    offline: Path | None = None


def files(card: Card, along: Along, settings: Config, wheel: Wheel) -> list[File]:
    """All of our folder on the card, but what says who the Pi is.

    `settings`: what `configured` has read. Raises: ConfigError: a file that the configuration names
    is not beside it; what is to be taken along is not there, or does not fit the card.
    """
    # Two sinks may name the same file.
    found = [*dict.fromkeys(_configuration(along.configuration, settings)), *_installer(card)]
    if along.requirements:
        found.append(_requirements(along.requirements))
    if along.offline is None:
        return [*found, File(f"{FOLDER}/deploy/{wheel.name}", wheel.content())]
    return [*found, *_offline(along.offline, _PYTHONS[card.how])]


def left_behind(along: Along, settings: Config) -> list[str]:
    """What the configuration names and the Pi has to have by itself, a line each."""
    lines = [
        f"{named}: is not taken along; put it on the Pi, or beside the configuration"
        for sink in settings.sinks
        for named in _files_of(sink.options, (*_SECRETS, *_PUBLIC))
        if named.is_absolute()
    ]
    lines += [f"{name}: is not taken along; put it on the Pi" for name in _seen(settings)]
    lines += [f"{path}: is not taken along" for path in _models(settings) if path.is_absolute()]
    if along.requirements is None:
        hint = "--requirements FILE takes along what pip is to install"
        lines += [
            f"{name}: is a package that the Pi does not have; {hint}" for name in _own(settings)
        ]
    return list(dict.fromkeys(lines))  # two sinks may name one file


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


def configured(path: Path) -> Config:
    """Raises: ConfigError: the configuration is wrong."""
    table = config.read(path)
    # Relative names begin in /etc/edgeinfer there, and here in the configuration's own folder.
    with contextlib.chdir(path.resolve().parent):
        return assembly.configure(table)


def _configuration(path: Path, settings: Config) -> Iterator[File]:
    folder = path.resolve().parent
    yield File(f"{FOLDER}/edgeinfer.toml", path)
    for sink in settings.sinks:
        for named in _files_of(sink.options, _SECRETS):
            yield from _beside(folder, named, f"{FOLDER}/secrets", secret=True)
        for named in _files_of(sink.options, _PUBLIC):
            yield from _beside(folder, named, f"{FOLDER}/etc", secret=False)
    for named in _models(settings):
        yield from _beside(folder, named, f"{FOLDER}/etc", secret=False)


def _files_of(options: object, keys: tuple[str, ...]) -> list[Path]:
    named = [getattr(options, key, None) for key in keys]
    return [path for path in named if isinstance(path, Path)]


def _models(settings: Config) -> list[Path]:
    model: Model = settings.model
    named = [model.path, model.labels, *(Path(rung) for rung in model.ladder if ".tflite" in rung)]
    return [path for path in named if path is not None]


def _seen(settings: Config) -> list[str]:
    """The clip or the folder of pictures that is the source, and not a camera."""
    options = settings.source.options if settings.source else None
    named = [str(getattr(options, key, "")) for key in ("uri", "path")]
    files = (name.removeprefix("file://") for name in named)
    return [name for name in files if name and "://" not in name and not name.startswith("/dev/")]


def _own(settings: Config) -> list[str]:
    """The packages of plug-ins that are not edgeinfer's."""
    parts = [settings.source, settings.tracker, *settings.rules, *settings.sinks]
    modules = {type(part.options).__module__ for part in parts if part is not None}
    return sorted({module.partition(".")[0] for module in modules} - {"edgeinfer"})


def _beside(folder: Path, named: Path, to: str, *, secret: bool) -> Iterator[File]:
    """Nothing for a path that is absolute: that is the Pi's own.

    Raises: ConfigError: it is not there, or lies where a card has no place for it.
    """
    if named.is_absolute():
        return
    if ".." in named.parts or (secret and len(named.parts) > 1):
        raise ConfigError(f"{named}: should lie beside the configuration; name it without a folder")
    if secret and not _SECRET.fullmatch(named.name):
        hint = "systemd hands over ASCII, without a colon, and nothing hidden"
        raise ConfigError(f"{named}: is no name for a secret; {hint}")
    if not (folder / named).is_file():
        raise ConfigError(f"{named}: is not in {folder}, where the configuration is; put it there")
    yield File(f"{to}/{named.as_posix()}", folder / named, secret)


def _requirements(path: Path) -> File:
    """Raises: ConfigError: it is no text, or names files that do not come along."""
    where = f"--requirements {path}"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"{where}: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where}: is no text in UTF-8") from error
    if local := next(filter(_A_FILE.match, lines), None):
        hint = "name the package, and put a wheel of yours into a folder for --offline"
        raise ConfigError(f"{where}: {local.strip()}: cannot be had on the Pi; {hint}")
    return File(f"{FOLDER}/etc/requirements.txt", path)


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
