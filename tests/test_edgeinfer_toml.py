"""deploy/edgeinfer.toml documents every key that there is, and every line of it is true."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Any, cast

import pytest

from edgeinfer import assembly, config, plugins
from edgeinfer.picture import ViewOptions
from edgeinfer.sections import Config, Device, Limits, Model, MotionGate
from tests.conftest import ROOT

FILE = ROOT / "deploy/edgeinfer.toml"
TEXT = FILE.read_text(encoding="utf-8")
TABLE = tomllib.loads(TEXT)
SETTINGS = {"device": Device, "model": Model, "limits": Limits, "motion": MotionGate}
KINDS: tuple[plugins.Kind, ...] = ("source", "tracker", "rule", "sink")
_HEADER = re.compile(r"(?P<off>#?)\[+(?P<kind>\w+)\]+")
_KEY = re.compile(r"(?P<off>#*)(?P<key>\w+) = .*")
MANY = ("rule", "sink")
SHARED_KEYS = {field.name for field in fields(ViewOptions)}


@dataclass
class Section:
    """`required` and `optional` are lines of TOML by their key."""

    kind: str
    active: bool
    required: dict[str, str]
    optional: dict[str, str]

    def table(self, **more: str) -> dict[str, Any]:
        """With some of its optional lines."""
        return tomllib.loads("\n".join({**self.required, **more}.values()))

    @property
    def options(self) -> type[Any]:
        if self.kind in SETTINGS:
            return SETTINGS[self.kind]
        kind = next(kind for kind in KINDS if kind == self.kind)
        found: type[Any] = plugins.find(kind, self.table()["type"]).Options
        return found


def sections() -> Iterator[Section]:
    """Those that are commented out have one # more before each line."""
    current = Section("", True, {}, {})
    for line in TEXT.splitlines():
        if header := _HEADER.match(line):
            current = Section(header["kind"], not header["off"], {}, {})
            yield current
        elif key := _KEY.match(line):
            off = len(key["off"]) - (not current.active)
            assert off in (0, 1), line
            (current.optional if off else current.required)[key["key"]] = line.lstrip("#")


SECTIONS = list(sections())  # complete: each is filled before the next one is given
OPTIONAL = [
    pytest.param(section, key, id=f"{section.kind} {section.required.get('type', '')[:18]} {key}")
    for section in SECTIONS
    for key in section.optional
]


def configured(section: Section, table: dict[str, Any]) -> Config:
    """The file's configuration with a section in the place of the active one of its kind.

    By its words alone: the certificates and passwords that it names are on no machine of ours.
    """
    many = section.kind in MANY
    whole = {**TABLE, section.kind: [table] if many else table}
    if "ladder" in table:  # its line says what it needs
        whole["limits"] = {**TABLE["limits"], "min_fps": 0.5}
    return config.build(
        whole, lambda kind, name: plugins.find(cast("plugins.Kind", kind), name).Options
    )


def values(section: Section, settings: Config) -> Any:
    if section.kind in SETTINGS:
        return getattr(settings, section.kind)
    parts = {
        "source": settings.source,
        "tracker": settings.tracker,
        "rule": next(iter(settings.rules), None),
        "sink": settings.sinks[0],
    }
    part = parts[section.kind]
    assert part is not None
    return part.options


def default_of(field: Field[Any]) -> object:
    return field.default if field.default is not MISSING else None


def test_it_is_a_valid_configuration_as_it_stands() -> None:
    settings = assembly.configure(TABLE)
    assert (settings.source.type, settings.source.options.device) == ("v4l2", "/dev/video0")
    assert settings.model.name == "coco_ssd_mobilenet_v1"
    assert settings.limits.max_fps == 10
    assert [part.options.uri for part in settings.sinks] == ["mqtt://localhost:1883"]


def test_the_reader_of_this_test_finds_what_toml_finds() -> None:
    active = {section.kind: section.table() for section in SECTIONS if section.active}
    found = {kind: value[0] if isinstance(value, list) else value for kind, value in TABLE.items()}
    assert active == found


@pytest.mark.parametrize("kind", SETTINGS)
def test_every_key_of_a_section_is_documented(kind: str) -> None:
    (section,) = [section for section in SECTIONS if section.kind == kind]
    assert {*section.required, *section.optional} == {f.name for f in fields(SETTINGS[kind])}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in KINDS for name in plugins.names(kind)]
)
def test_every_key_of_a_plug_in_is_documented(kind: plugins.Kind, name: str) -> None:
    """One class may have several names; what all sources share stands in the active one."""
    options = plugins.find(kind, name).Options
    (section,) = [s for s in SECTIONS if s.kind == kind and s.options is options]
    wanted = {"type", *(field.name for field in fields(options))}
    if kind == "source" and not section.active:
        wanted -= SHARED_KEYS
    assert {*section.required, *section.optional} == wanted


def test_every_section_that_is_known_is_documented_where_something_can_stand_in_it() -> None:
    possible = {*SETTINGS, *(kind for kind in KINDS if plugins.names(kind))}
    assert {section.kind for section in SECTIONS} == possible
    assert possible <= set(config.SECTIONS)


@pytest.mark.parametrize("section", [s for s in SECTIONS if not s.active], ids=lambda s: s.kind)
def test_a_section_that_is_commented_out_is_a_choice_that_works(section: Section) -> None:
    settings = configured(section, section.table())
    assert isinstance(values(section, settings), section.options)


@pytest.mark.parametrize(("section", "key"), OPTIONAL)
def test_each_key_that_is_commented_out_is_accepted(section: Section, key: str) -> None:
    table = section.table(**{key: section.optional[key]})
    if "instead of name" in section.optional[key]:
        del table["name"]
    assert getattr(values(section, configured(section, table)), key) is not None


@pytest.mark.parametrize(("section", "key"), OPTIONAL)
def test_a_value_is_its_default_or_the_default_is_said_in_brackets(
    section: Section, key: str
) -> None:
    (field,) = [field for field in fields(section.options) if field.name == key]
    line = section.optional[key]
    if "# [" in line:
        assert default_of(field) in (None, ()), "then the default itself can stand there"
        return
    table = section.table(**{key: line})
    assert values(section, configured(section, table)) == values(
        section, configured(section, section.table())
    )


def test_the_names_of_the_plug_ins_are_all_in_the_file() -> None:
    named = {section.table().get("type") for section in SECTIONS}
    assert named >= {"v4l2", "picamera", "video", "folder", "synthetic", "mqtt", "jsonl"}


def test_a_path_is_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Relative paths begin in the working directory" in TEXT
    (tmp_path / "pictures").mkdir()
    monkeypatch.chdir(tmp_path)
    (folder,) = [s for s in SECTIONS if 'type = "folder"' in s.required.get("type", "")]
    assert values(folder, configured(folder, folder.table())).path.is_dir()
