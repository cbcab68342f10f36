from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edgeinfer import plugins
from edgeinfer.errors import ConfigError
from edgeinfer.tools.flash_card import Card, look
from edgeinfer.tools.flash_payload import Along, File, configured, files, left_behind
from edgeinfer.tools.flash_wheel import Wheel
from tests.tools.cards import CONFIGURATION, bookworm, configuration, trixie


class MadeWheel(Wheel):
    def content(self) -> bytes:
        return b"wheel"


@pytest.fixture
def card(tmp_path: Path) -> Card:
    return look(trixie(tmp_path / "boot"))


def names(found: list[File]) -> set[str]:
    return {file.name for file in found}


def taken(card: Card, along: Along) -> list[File]:
    return files(card, along, configured(along.configuration), MadeWheel())


def left(path: Path, requirements: Path | None = None) -> list[str]:
    return left_behind(Along(path, requirements), configured(path))


def made(card: Card, path: Path, offline: Path | None = None) -> list[File]:
    return taken(card, Along(path, offline=offline))


def gathered(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"x")
    return folder


def test_the_installer_finds_all_that_it_needs(card: Card, tmp_path: Path) -> None:
    found = names(made(card, configuration(tmp_path)))
    assert {
        "edgeinfer/first-boot.sh",
        "edgeinfer/deploy/install.sh",
        "edgeinfer/systemd/edgeinfer.service",
        "edgeinfer/edgeinfer.toml",
    } <= found
    assert sum(name.endswith(".whl") for name in found) == 1


def test_only_bookworm_has_a_firstrun(card: Card, tmp_path: Path) -> None:
    path = configuration(tmp_path)
    assert "firstrun.sh" not in names(made(card, path))
    assert "firstrun.sh" in names(made(look(bookworm(tmp_path / "other")), path))


def test_a_secret_that_lies_beside_the_configuration_is_taken_along(
    card: Card, tmp_path: Path
) -> None:
    found = [file for file in made(card, configuration(tmp_path)) if file.secret]
    assert names(found) == {"edgeinfer/secrets/mqtt-password"}
    assert found[0].read() == b"s3cret-of-the-broker\n"


def test_what_a_configuration_names_without_a_secret_lies_in_etc(
    card: Card, tmp_path: Path
) -> None:
    path = configuration(tmp_path)
    (tmp_path / "own.txt").write_text("cat\ndog\n")
    path.write_text(CONFIGURATION.replace("[[sink]]", 'labels = "own.txt"\n[[sink]]', 1))
    assert "edgeinfer/etc/own.txt" in names(made(card, path))


def test_a_missing_secret_is_said(card: Card, tmp_path: Path) -> None:
    path = configuration(tmp_path)
    (tmp_path / "mqtt-password").unlink()
    with pytest.raises(ConfigError, match="password_file: mqtt-password: no such file"):
        made(card, path)


def test_a_wrong_configuration_is_refused_with_its_problems(card: Card, tmp_path: Path) -> None:
    path = configuration(tmp_path)
    path.write_text(path.read_text() + "[limits]\nmax_fsp = 10\n")
    with pytest.raises(ConfigError, match=r"limits\.max_fsp: unknown; did you mean max_fps\?"):
        made(card, path)


@pytest.mark.parametrize("labels", ["../own.txt", "missing.txt"])
def test_a_file_that_the_card_has_no_place_for_is_refused(
    card: Card, tmp_path: Path, labels: str
) -> None:
    folder = tmp_path / "folder"
    path = configuration(folder)
    (tmp_path / "own.txt").write_text("cat\n")
    path.write_text(CONFIGURATION.replace("[[sink]]", f'labels = "{labels}"\n[[sink]]', 1))
    with pytest.raises(ConfigError, match=labels.replace(".", r"\.")):
        made(card, path)


def test_what_was_gathered_is_taken_along_and_nothing_else(card: Card, tmp_path: Path) -> None:
    wheels = (
        "edgeinfer-0.1.0-py3-none-any.whl",
        "ai_edge_litert-2.3.0-cp313-cp313-manylinux_2_27_aarch64.whl",
    )
    folder = gathered(tmp_path / "all", *wheels, "a.deb", "m.tflite", "README.md")
    found = names(made(card, configuration(tmp_path), folder))
    offline = {Path(name).name for name in found if name.startswith("edgeinfer/offline/")}
    assert offline == {*wheels, "a.deb", "m.tflite"}
    assert not any(name.endswith(".whl") for name in found if "/offline/" not in name)


@pytest.mark.parametrize(
    ("wheels", "words"),
    [
        ((), "has no wheel of edgeinfer"),
        (("edgeinfer-0.1.0-py3-none-any.whl",), r"no ai-edge-litert for aarch64 and Python 3\.13"),
        (
            ("edgeinfer-0.1.0-py3-none-any.whl", "ai_edge_litert-2-cp313-cp313-linux_x86_64.whl"),
            "no ai-edge-litert for aarch64",
        ),
        (
            ("edgeinfer-0.1.0-py3-none-any.whl", "ai_edge_litert-2-cp311-cp311-linux_aarch64.whl"),
            r"Python 3\.13, which this card has",
        ),
    ],
)
def test_wheels_that_would_fail_on_the_pi_are_refused_here(
    card: Card, tmp_path: Path, wheels: tuple[str, ...], words: str
) -> None:
    folder = gathered(tmp_path / "all", *wheels)
    with pytest.raises(ConfigError, match=words):
        made(card, configuration(tmp_path), folder)


def test_a_folder_that_is_not_there_is_refused(card: Card, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--offline .*none: no such file"):
        made(card, configuration(tmp_path), tmp_path / "none")


def test_what_stays_behind_is_told(card: Card, tmp_path: Path) -> None:
    path = configuration(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("s3cret")
    path.write_text(path.read_text().replace('"mqtt-password"', f'"{elsewhere}"'))
    assert left(path) == [
        f"{elsewhere}: is not taken along; put it on the Pi, or beside the configuration"
    ]
    assert not [file for file in made(card, path) if file.secret]


def test_a_secret_of_two_sinks_is_taken_along_once(card: Card, tmp_path: Path) -> None:
    path = configuration(tmp_path)
    another = CONFIGURATION[CONFIGURATION.index("[[sink]]") :].replace("broker.lan", "second.lan")
    path.write_text(f"{path.read_text()}{another}")
    assert len([file for file in made(card, path) if file.secret]) == 1


@pytest.mark.parametrize("name", ["pässword", "of:porch", ".password"])
def test_a_secret_that_systemd_would_not_hand_over_is_refused(
    card: Card, tmp_path: Path, name: str
) -> None:
    path = configuration(tmp_path)
    (tmp_path / name).write_text("s3cret")
    path.write_text(path.read_text().replace("mqtt-password", name))
    with pytest.raises(ConfigError, match=f"{name}: is no name for a secret"):
        made(card, path)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('type = "video"\nuri = "clip.mp4"', ["clip.mp4: is not taken along; put it on the Pi"]),
        ('type = "folder"\npath = "/srv/in"', ["/srv/in: is not taken along; put it on the Pi"]),
        ('type = "video"\nuri = "rtsp://camera.lan/1"', []),
    ],
)
def test_a_source_of_files_stays_behind(tmp_path: Path, source: str, expected: list[str]) -> None:
    path = configuration(tmp_path)
    path.write_text(path.read_text().replace('type = "picamera"', source))
    assert left(path) == expected


def test_a_plug_in_of_ones_own_comes_along_by_a_list_for_pip(card: Card, tmp_path: Path) -> None:
    path, here = configuration(tmp_path), tmp_path / "pip.txt"
    here.write_text("stranger\n")
    path.write_text(f"{path.read_text()}[[sink]]\ntype = 'stranger'\n")
    with plug_in(tmp_path / "site"):
        (line,) = left(path)
        assert line.startswith("stranger: is a package that the Pi does not have; --requirements")
        assert left(path, here) == []
        found = taken(card, Along(path, here))
    assert [file for file in found if file.name == "edgeinfer/etc/requirements.txt"] == [
        File("edgeinfer/etc/requirements.txt", here)
    ]


def test_a_list_that_is_not_there_is_refused(card: Card, tmp_path: Path) -> None:
    along = Along(configuration(tmp_path), tmp_path / "none")
    with pytest.raises(ConfigError, match="--requirements .*none: no such file"):
        taken(card, along)


@pytest.mark.parametrize(
    "line",
    [
        "-r other.txt",
        "-e ../plug-in",
        "-f ./wheels",
        "--find-links=wheels",
        "./plug_in",
        "~/plug_in",
        "plug_in-1.0-py3-none-any.whl",
        "plug @ file:///home/me/plug",
        "plug[a] @ ../plug",
        "\\xff",
    ],
)
def test_a_list_that_names_files_is_refused(card: Card, tmp_path: Path, line: str) -> None:
    here = tmp_path / "pip.txt"
    here.write_bytes(b"rich\n" + line.encode().replace(b"\\xff", b"\xff") + b"\n")
    with pytest.raises(ConfigError, match="cannot be had on the Pi|is no text in UTF-8"):
        taken(card, Along(configuration(tmp_path), here))


@pytest.mark.parametrize(
    "line",
    [
        "edgeinfer[plot] >= 0.1",
        "plug-in @ https://example.org/plug_in-1.0-py3-none-any.whl",
        "https://example.org/plug_in-1.0-py3-none-any.whl",
        "# ./a file: of mine.whl",
        "plug-in  # see file: list",
    ],
)
def test_a_list_of_packages_is_taken(card: Card, tmp_path: Path, line: str) -> None:
    here = tmp_path / "pip.txt"
    here.write_text(f"{line}\n")
    assert here in [file.content for file in taken(card, Along(configuration(tmp_path), here))]


@contextmanager
def plug_in(site: Path) -> Iterator[None]:
    """A sink of somebody else's, as pip would install it."""
    info = site / "stranger-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[edgeinfer.sinks]\nstranger = stranger:Sink\n")
    (site / "stranger.py").write_text(
        "from dataclasses import dataclass\n"
        "class Sink:\n    argument = ''\n    wants = ()\n"
        "    @dataclass(frozen=True)\n    class Options:\n        pass\n"
        "    def __init__(self, options, device):\n        pass\n"
    )
    sys.path.insert(0, str(site))
    plugins._installed.cache_clear()
    try:
        yield
    finally:
        sys.path.remove(str(site))
        sys.modules.pop("stranger", None)
        plugins._installed.cache_clear()
