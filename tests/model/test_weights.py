from __future__ import annotations

import hashlib
import io
import os
import random
import socket
import subprocess
import sys
import textwrap
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from edgeinfer.errors import DownloadError, ModelError
from edgeinfer.model import weights
from edgeinfer.model.card import Card, Weights
from tests.conftest import ROOT
from tests.model.server import serve

BODY = random.Random(7).randbytes(300_000)  # noqa: S311 - the same bytes each time


def card_of(url: str, body: bytes = BODY, member: str | None = None) -> Card:
    wanted = Weights("x.tflite", len(body), hashlib.sha256(body).hexdigest(), url, member)
    return Card("x", Path("x.toml"), "detection", weights=wanted)


def zipped(name: str, body: bytes = BODY) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.txt", "cat\n")
        archive.writestr(name, body)
    return buffer.getvalue()


def silent(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def refused(card: Card, folder: Path) -> str:
    """The message of a download that must fail, after seeing that it left nothing behind."""
    with pytest.raises(DownloadError) as caught:
        weights.fetch(card, silent, folder)
    assert list(folder.iterdir()) == []
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_model_arrives_whole_and_its_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with serve({"/x": BODY}) as url:
        path = weights.fetch(
            card_of(f"{url}/x"), lambda done, total: told.append((done, total)), tmp_path
        )
    assert path == tmp_path / "x.tflite"
    assert path.read_bytes() == BODY
    assert list(tmp_path.iterdir()) == [path]
    assert told == sorted(told)
    assert len(told) > 1
    assert told[-1] == (len(BODY), len(BODY))


def test_a_pulled_model_may_be_read_by_others_as_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    with serve({"/x": BODY}) as url:
        path = weights.fetch(card_of(f"{url}/x"), silent, tmp_path)
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_model_is_taken_out_of_its_archive(tmp_path: Path) -> None:
    archive = zipped("in/detect.tflite")
    told: list[tuple[int, int]] = []
    with serve({"/x.zip": archive}) as url:
        card = card_of(f"{url}/x.zip", member="in/detect.tflite")
        path = weights.fetch(card, lambda done, total: told.append((done, total)), tmp_path)
    assert path.read_bytes() == BODY
    assert list(tmp_path.iterdir()) == [path]
    assert told[-1] == (len(archive), len(archive))


def test_a_model_may_come_from_a_file(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(BODY)
    path = weights.fetch(card_of(source.as_uri()), silent, tmp_path / "new" / "folder")
    assert path.read_bytes() == BODY


def test_an_old_file_is_replaced_only_by_a_right_one(tmp_path: Path) -> None:
    old = tmp_path / "x.tflite"
    old.write_bytes(b"old")
    with serve({"/right": BODY, "/wrong": BODY[::-1]}) as url:
        with pytest.raises(DownloadError):
            weights.fetch(card_of(f"{url}/wrong"), silent, tmp_path)
        assert old.read_bytes() == b"old"
        weights.fetch(card_of(f"{url}/right"), silent, tmp_path)
    assert old.read_bytes() == BODY


def test_other_bytes_are_refused(tmp_path: Path) -> None:
    with serve({"/x": BODY[::-1]}) as url:
        assert "not the file that the card names" in refused(card_of(f"{url}/x"), tmp_path)


def test_fewer_bytes_are_refused(tmp_path: Path) -> None:
    with serve({"/x": BODY[:1000]}) as url:
        assert "1000 bytes" in refused(card_of(f"{url}/x"), tmp_path)


def test_more_bytes_are_refused_before_they_fill_the_disk(tmp_path: Path) -> None:
    with serve({"/x": BODY * 2}) as url:
        assert "larger than the 300000 bytes" in refused(card_of(f"{url}/x"), tmp_path)


def test_a_body_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    with serve({"/x": BODY}, cut_at=100_000) as url:
        assert "after 100000 of 300000 bytes" in refused(card_of(f"{url}/x"), tmp_path)


def test_an_archive_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    with serve({"/x": zipped("a.tflite")}, cut_at=1000) as url:
        card = card_of(f"{url}/x", member="a.tflite")
        assert "after 1000 of" in refused(card, tmp_path)


def test_an_archive_without_the_member_is_refused(tmp_path: Path) -> None:
    with serve({"/x": zipped("a.tflite")}) as url:
        card = card_of(f"{url}/x", member="b.tflite")
        assert "no b.tflite can be taken out of it" in refused(card, tmp_path)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    archive = bytearray(zipped("a.tflite"))
    archive[150_000] ^= 0xFF
    with serve({"/x": bytes(archive), "/text": b"no archive"}) as url:
        for name in ("x", "text"):
            card = card_of(f"{url}/{name}", member="a.tflite")
            assert "no a.tflite can be taken out of it" in refused(card, tmp_path)


def test_an_archive_whose_member_is_too_large_is_refused(tmp_path: Path) -> None:
    with serve({"/x": zipped("a.tflite", BODY * 2)}) as url:
        card = card_of(f"{url}/x", member="a.tflite")
        assert "larger than the 300000 bytes" in refused(card, tmp_path)


def test_a_missing_file_names_the_answer_of_the_server(tmp_path: Path) -> None:
    with serve({}) as url:
        assert "answers 404" in refused(card_of(f"{url}/x"), tmp_path)


def test_an_absent_server_is_told(tmp_path: Path) -> None:
    with socket.socket() as unheard:
        # Bound and never listening: the port is ours, and it refuses.
        unheard.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unheard.getsockname()[1]}/x"
        assert "go online" in refused(card_of(url), tmp_path)


def test_an_interrupted_download_leaves_nothing_behind(tmp_path: Path) -> None:
    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with serve({"/x": BODY, "/x.zip": zipped("a")}) as url:
        for card in (card_of(f"{url}/x"), card_of(f"{url}/x.zip", member="a")):
            with pytest.raises(KeyboardInterrupt):
                weights.fetch(card, interrupt, tmp_path)
            assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_no_more_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(BODY)
    (tmp_path / "models").mkdir()
    # The kernel itself refuses to let files of this process grow beyond 100 kB.
    program = f"""
        import resource
        from pathlib import Path
        from edgeinfer.errors import DownloadError
        from edgeinfer.model.weights import fetch
        from tests.model.test_weights import card_of, silent
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        folder = Path({str(tmp_path)!r})
        try:
            fetch(card_of((folder / "source").as_uri()), silent, folder / "models")
        except DownloadError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-B", "-c", textwrap.dedent(program)],
        capture_output=True, text=True, check=True, timeout=60, cwd=ROOT,
    )  # fmt: skip
    assert "File too large; its folder must be writable, its disk not full" in done.stdout
    assert list((tmp_path / "models").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with serve({"/x": BODY}) as url, pytest.raises(DownloadError, match="must be writable"):
        weights.fetch(card_of(f"{url}/x"), silent, tmp_path / "file")


def test_what_a_power_cut_left_behind_is_swept_away(tmp_path: Path) -> None:
    old, young = tmp_path / ".x.tflite.1.1.part", tmp_path / ".x.tflite.1.2.part"
    for path in (old, young):
        path.touch()
    os.utime(old, (0, 0))
    with serve({"/x": BODY}) as url:
        weights.fetch(card_of(f"{url}/x"), silent, tmp_path)
    assert not old.exists()
    assert young.exists()


def test_a_card_without_weights_cannot_be_fetched(tmp_path: Path) -> None:
    card = replace(card_of("http://127.0.0.1/x"), weights=None)
    assert weights.locate(card) is None
    with pytest.raises(ModelError, match="names no weights"):
        weights.fetch(card, silent, tmp_path)


def test_the_named_folder_is_looked_into_before_the_own_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = card_of("http://127.0.0.1/x")
    monkeypatch.setenv("EDGEINFER_MODELS", str(tmp_path / "named"))
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path / 'state'}:/elsewhere")
    assert weights.own_folder() == tmp_path / "state" / "models"
    assert weights.locate(card) is None
    own = weights.own_folder() / "x.tflite"
    own.parent.mkdir(parents=True)
    own.touch()
    assert weights.locate(card) == own
    named = tmp_path / "named" / "x.tflite"
    named.parent.mkdir()
    named.touch()
    assert weights.locate(card) == named


def test_a_person_has_the_weights_in_the_own_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert weights.own_folder() == tmp_path / "edgeinfer" / "models"


def test_a_file_is_held_to_the_hash_of_its_card(tmp_path: Path) -> None:
    card, path = card_of("http://127.0.0.1/x"), tmp_path / "x.tflite"
    path.write_bytes(BODY)
    weights.verify(path, card)
    path.write_bytes(BODY[1:])
    with pytest.raises(ModelError, match="pull it again: edgeinfer models pull x"):
        weights.verify(path, card)
    with pytest.raises(ModelError, match="No such file"):
        weights.verify(tmp_path / "none", card)
