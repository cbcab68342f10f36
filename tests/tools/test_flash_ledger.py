from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeinfer.errors import StoreError
from edgeinfer.tools.flash_card import LEDGER
from edgeinfer.tools.flash_ledger import undo, write
from edgeinfer.tools.flash_payload import File
from tests.tools.cards import bookworm, contents, trixie

FILES = [
    File("edgeinfer/deploy/install.sh", b"install"),
    File("edgeinfer/secrets/mqtt-password", b"secret", secret=True),
    File("user-data", b"#cloud-config\n{}\n"),
]


@pytest.fixture
def boot(tmp_path: Path) -> Path:
    return trixie(tmp_path / "boot")


def test_every_file_is_there_and_told(boot: Path) -> None:
    told: list[tuple[str, int, int]] = []
    write(boot, FILES, lambda *step: told.append(step))
    there = contents(boot)
    assert all(there[file.name] == file.content for file in FILES)
    assert [name for name, _, _ in told] == [file.name for file in FILES]


def test_undo_gives_back_exactly_what_was_there(boot: Path) -> None:
    before, folders = contents(boot), sorted(boot.rglob("*"))
    write(boot, FILES)
    assert contents(boot) != before
    assert undo(boot) == [file.name for file in FILES]
    assert contents(boot) == before
    assert sorted(boot.rglob("*")) == folders


def test_undo_refuses_what_was_changed_since(boot: Path) -> None:
    write(boot, FILES)
    (boot / "user-data").write_text("#cloud-config\nmine\n")
    written = contents(boot)
    with pytest.raises(StoreError, match="user-data changed since"):
        undo(boot)
    assert contents(boot) == written


def test_undo_refuses_a_card_that_was_never_written(boot: Path) -> None:
    with pytest.raises(StoreError, match="nothing was written there"):
        undo(boot)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd"])
def test_undo_touches_nothing_outside_of_the_card(boot: Path, name: str) -> None:
    row = {"name": name, "sha256": "0", "original_sha256": None}
    (boot / LEDGER).write_text(json.dumps({"v": 1, "files": [row]}))
    (boot.parent / "outside").touch()
    with pytest.raises(StoreError, match="names files outside"):
        undo(boot)
    assert (boot.parent / "outside").exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"files": [{"name": 1}]}', "\0"])
def test_a_damaged_ledger_is_refused(boot: Path, text: str) -> None:
    (boot / LEDGER).write_text(text)
    with pytest.raises(StoreError, match="cannot be read"):
        undo(boot)


# The card is pulled out: nothing clears up, whatever stands in the code.
KILLED = """
import os, sys
from pathlib import Path
from edgeinfer.tools.flash_ledger import write
from tests.tools.test_flash_ledger import FILES
after = int(sys.argv[2])
write(Path(sys.argv[1]), FILES, lambda _name, number, _of: number == after and os._exit(0))
sys.exit("was not killed")
"""


class PulledOutError(Exception):
    pass


@pytest.mark.parametrize("after", range(1, len(FILES) + 1))
def test_what_fails_in_the_middle_leaves_the_card_as_it_was(boot: Path, after: int) -> None:
    def fail(_name: str, number: int, _of: int) -> None:
        if number == after:
            raise PulledOutError

    before = contents(boot)
    with pytest.raises(PulledOutError):
        write(boot, FILES, fail)
    assert contents(boot) == before
    assert not (boot / "edgeinfer").exists()


@pytest.mark.parametrize("after", range(1, len(FILES) + 1))
def test_a_process_that_is_killed_in_the_middle_leaves_what_undo_takes_back(
    boot: Path, after: int
) -> None:
    before = contents(boot)
    subprocess.run([sys.executable, "-c", KILLED, str(boot), str(after)], check=True)
    assert contents(boot) != before
    undo(boot)
    assert contents(boot) == before


def test_undo_can_be_broken_off_and_done_again(boot: Path) -> None:
    before = contents(boot)
    write(boot, FILES)
    (boot / "user-data").write_bytes(before["user-data"])
    (boot / "edgeinfer/deploy/install.sh").unlink()
    undo(boot)
    assert contents(boot) == before


@pytest.fixture
def full_card(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for 1 MB."""
    place = tmp_path / "card"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
        pytest.skip("a small file system has to be mounted, which only root may")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_card_is_refused_before_anything_is_written(full_card: Path) -> None:
    boot = bookworm(full_card / "boot")
    before = contents(boot)
    with pytest.raises(StoreError, match="MB needed"):
        write(boot, [File("edgeinfer/offline/big.whl", bytes(900_000))])
    assert contents(boot) == before


def test_many_small_files_need_a_cluster_each(full_card: Path) -> None:
    boot = bookworm(full_card / "boot")
    with pytest.raises(StoreError, match="MB needed"):
        write(boot, [File(f"edgeinfer/{number}", b"x") for number in range(300)])


def test_a_card_that_fills_up_meanwhile_is_as_it_was(full_card: Path, tmp_path: Path) -> None:
    """What is copied grows after it was measured, as a download that is still going on."""
    boot = bookworm(full_card / "boot")
    before = contents(boot)
    growing = tmp_path / "growing.whl"
    growing.write_bytes(b"")

    def grow(_name: str, _number: int, _of: int) -> None:
        growing.write_bytes(bytes(2_000_000))

    files = [File("edgeinfer/a", b"a"), File("edgeinfer/growing.whl", growing)]
    with pytest.raises(StoreError):
        write(boot, files, grow)
    assert contents(boot) == before
