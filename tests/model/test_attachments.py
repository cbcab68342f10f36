from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from edgeinfer.errors import ModelError
from edgeinfer.model import attachments

MODEL = b"\x20\0\0\0TFL3 a model without anything at its end"


def attached(model: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(model)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def with_labels(compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO(MODEL)
    with zipfile.ZipFile(file, "a", compression) as archive:
        archive.writestr("labels.txt", b"owl\nkite\n")
    return file.getvalue()


def test_what_is_attached_goes_with_the_new_model() -> None:
    other = MODEL + b", and longer"
    found = attachments.carried(with_labels(), other, {})
    assert found.startswith(other)
    assert attached(found) == {"labels.txt": b"owl\nkite\n"}


def test_nothing_is_added_where_nothing_is_attached() -> None:
    assert attachments.carried(MODEL, MODEL, {}) == MODEL


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_files_stay_packed_as_they_were(compression: int) -> None:
    found = attachments.carried(with_labels(compression), MODEL, {})
    (member,) = zipfile.ZipFile(io.BytesIO(found)).infolist()
    assert member.compress_type == compression


def test_a_new_file_comes_first_and_takes_no_ones_name() -> None:
    found = attached(attachments.carried(with_labels(), MODEL, {"labels.txt": b"cat\n"}))
    assert list(found.items()) == [("own_labels.txt", b"cat\n"), ("labels.txt", b"owl\nkite\n")]


def test_the_offsets_are_those_of_the_new_file(models: Path) -> None:
    original = (models / "mobilenet_v1_0.25_128_quant.tflite").read_bytes()
    found = attachments.carried(original, MODEL, {})
    (member,) = zipfile.ZipFile(io.BytesIO(found)).infolist()
    assert found[member.header_offset :].startswith(b"PK\3\4")
    assert member.header_offset == len(MODEL)


def test_a_damaged_zip_is_a_model_error() -> None:
    whole = with_labels()
    damaged = whole.replace(b"owl\n", b"0wl\n")
    with pytest.raises(ModelError, match="the ZIP at its end is damaged"):
        attachments.carried(damaged, MODEL, {})
