from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeinfer.cli import cli
from edgeinfer.errors import ConfigError, StoreError
from tests.tools.cards import PUBLIC_KEY, configuration, contents, trixie

PASSWORD = 'it\'s "ümlaut"'
PLAIN = "ümlaut"  # JSON and shells quote the rest in ways of their own


@pytest.fixture
def boot(tmp_path: Path) -> Path:
    return trixie(tmp_path / "boot")


@pytest.fixture
def words(tmp_path: Path, boot: Path) -> list[str]:
    """All that a person says for a card; what is gathered stands in for a build of the wheel."""
    offline = tmp_path / "offline"
    offline.mkdir()
    (offline / "edgeinfer-0.1.0-py3-none-any.whl").touch()
    (offline / "ai_edge_litert-2-cp313-cp313-linux_aarch64.whl").touch()
    (tmp_path / "id.pub").write_text(PUBLIC_KEY)
    (tmp_path / "wifi").write_text(f"{PASSWORD}\n")
    given = {
        "--boot": boot,
        "-c": configuration(tmp_path),
        "--hostname": "porch",
        "--ssh-key": tmp_path / "id.pub",
        "--wifi": "Büro",
        "--wifi-password": tmp_path / "wifi",
        "--country": "DE",
        "--offline": offline,
    }
    return [str(word) for pair in given.items() for word in pair]


def flash(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(cli, ["flash", *words], input=answer)


def test_it_shows_what_it_would_write_and_asks(words: list[str], boot: Path) -> None:
    before = contents(boot)
    done = flash(*words, answer="n\n")
    assert done.exit_code == 0, done.output
    assert "porch: by Wi-Fi Büro (DE); log in as pi, with a key" in done.stdout
    assert "secret, in the clear until the first start" in done.stdout
    assert done.stdout.rstrip().endswith("nothing was written")
    assert contents(boot) == before


def test_after_a_yes_it_is_written(words: list[str], boot: Path) -> None:
    done = flash(*words, answer="y\n")
    assert "written; eject the card" in done.stdout
    assert (boot / "edgeinfer/first-boot.sh").exists()


def test_what_stays_behind_is_said_before_the_question(words: list[str], tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("s3cret")
    path = Path(words[words.index("-c") + 1])
    path.write_text(path.read_text().replace('"mqtt-password"', f'"{elsewhere}"'))
    line = f"{elsewhere}: is not taken along; put it on the Pi, or beside the configuration"
    said = flash(*words, answer="n\n").stdout
    assert said.index(line) < said.index("Write this?")
    assert json.loads(flash(*words, "--json").stdout)["left_behind"] == [line]


def test_where_nobody_answers_nothing_is_written(words: list[str], boot: Path) -> None:
    before = contents(boot)
    done = flash(*words)
    assert done.exit_code == 2
    assert "nobody answers; --yes writes without a question" in done.output
    assert contents(boot) == before


def test_a_dry_run_does_not_ask(words: list[str], boot: Path) -> None:
    before = contents(boot)
    assert "nothing was written" in flash(*words, "--dry-run", "--yes").stdout
    assert contents(boot) == before


def test_no_secret_is_printed(words: list[str]) -> None:
    for option in ("--yes", "--json"):
        done = flash(*words, "--dry-run", option)
        assert done.exit_code == 0, done.output
        assert PLAIN not in done.output
        assert "s3cret" not in done.output


def test_undo_says_how_much_it_took_back(words: list[str], boot: Path) -> None:
    before = contents(boot)
    flash(*words, "--yes")
    done = flash("--boot", str(boot), "--undo")
    assert f"{boot}: as it was before" in done.stdout
    assert contents(boot) == before


def test_its_json_writes_only_when_it_is_told_to(words: list[str], boot: Path) -> None:
    before = contents(boot)
    document = json.loads(flash(*words, "--json").stdout)
    assert (document["how"], document["written"]) == ("cloud-init", False)
    assert contents(boot) == before
    assert json.loads(flash(*words, "--json", "--yes").stdout)["written"] is True
    taken = json.loads(flash("--boot", str(boot), "--undo", "--json").stdout)["taken_back"]
    assert {file["name"] for file in document["files"]} == set(taken)


def test_a_password_is_taken_from_standard_input(words: list[str], boot: Path) -> None:
    at = words.index("--wifi-password") + 1
    done = flash(*words[:at], "-", *words[at + 1 :], "--yes", answer=PASSWORD)
    assert done.exit_code == 0, done.output
    assert (boot / "network-config").exists()


@pytest.mark.parametrize(
    ("lines", "words_of_it"),
    [("", "is empty; an open network has --open"), ("\n", "is empty")],
)
def test_an_empty_password_is_no_open_network(
    words: list[str], tmp_path: Path, lines: str, words_of_it: str
) -> None:
    (tmp_path / "wifi").write_text(lines)
    done = flash(*words)
    assert done.exit_code == 2
    assert words_of_it in done.output


def test_a_byte_order_mark_is_no_part_of_the_password(
    words: list[str], boot: Path, tmp_path: Path
) -> None:
    """Windows' Notepad writes one."""
    keys = []
    for encoding in ("utf-8", "utf-8-sig"):
        (tmp_path / "wifi").write_text(PASSWORD, encoding=encoding)
        assert flash(*words, "--yes").exit_code == 0
        keys.append((boot / "network-config").read_text())
        flash("--boot", str(boot), "--undo")
    assert keys[0] == keys[1]


def test_a_password_that_is_no_text_is_refused(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "wifi").write_bytes(b"\xff\xfe\x00")
    assert "is no text in UTF-8" in flash(*words).output


def test_a_password_for_an_open_network_is_a_mistake(words: list[str], boot: Path) -> None:
    before = contents(boot)
    done = flash(*words, "--open", "--yes")
    assert done.exit_code == 2
    assert "--open: is for a network without a password" in done.output
    assert contents(boot) == before


def test_a_wifi_without_a_password_asks_for_one(words: list[str]) -> None:
    at = words.index("--wifi-password")
    done = flash(*words[:at], *words[at + 2 :])
    assert done.exit_code == 2
    assert "--wifi-password: missing; name a file, or say --open" in done.output


def test_a_configuration_is_needed(boot: Path) -> None:
    done = flash("--boot", str(boot))
    assert done.exit_code == 2
    assert "-c: missing" in done.output


def test_a_folder_that_is_no_boot_partition_is_refused(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = flash(*words, "--boot", str(tmp_path / "empty"))
    assert isinstance(done.exception, ConfigError)
    assert "is no boot partition" in str(done.exception)


def test_a_second_run_is_refused(words: list[str]) -> None:
    flash(*words, "--yes")
    done = flash(*words, "--yes")
    assert isinstance(done.exception, StoreError)
    assert "was written already" in str(done.exception)


def test_without_a_key_it_says_that_nobody_can_log_in(words: list[str]) -> None:
    at = words.index("--ssh-key")
    assert "nobody can log in" in flash(*words[:at], *words[at + 2 :], "--dry-run").stdout
