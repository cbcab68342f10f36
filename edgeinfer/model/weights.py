"""Weights: fetched once, whole or not at all, and held to the sha256 of their card."""

from __future__ import annotations

import hashlib
import http.client
import os
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from io import BufferedRandom
from pathlib import Path
from typing import IO
from urllib.error import HTTPError
from urllib.request import build_opener

import platformdirs

from edgeinfer.errors import DownloadError, ModelError
from edgeinfer.model.card import Card, Weights

Progress = Callable[[int, int], None]
"""(bytes done, bytes in all): 0 in all where the server does not say."""

_TIMEOUT_S = 30.0  # without a single byte
_CHUNK_BYTES = 1 << 16
_MOST_ARCHIVE_BYTES = 1 << 28  # an archive's size stands in no card; a Pi's card is small
_STALE_S = 3600.0


def own_folder() -> Path:
    """Where pulled weights lie: under systemd in the unit's StateDirectory, else in the home."""
    state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return (Path(state) if state else platformdirs.user_data_path("edgeinfer")) / "models"


def locate(card: Card) -> Path | None:
    """The card's weights on this machine, unverified; EDGEINFER_MODELS is looked into first.

    Beside the card lie those that come with edgeinfer.
    """
    if card.weights is None:
        return None
    named = os.environ.get("EDGEINFER_MODELS")
    folders = [Path(named)] if named else []
    paths = [folder / card.weights.file for folder in [*folders, own_folder(), card.file.parent]]
    return next((path for path in paths if path.is_file()), None)


def verify(path: Path, card: Card) -> None:
    """Raises: ModelError: the file cannot be read, or is not the one that the card names."""
    wanted = _wanted(card)
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from error
    if found != wanted.sha256:
        raise ModelError(
            f"{path}: not the file that the card {card.name} names (sha256 {found[:12]}…, "
            f"not {wanted.sha256[:12]}…); pull it again: edgeinfer models pull {card.name}"
        )


def fetch(card: Card, on_progress: Progress, folder: Path | None = None) -> Path:
    """Download the card's weights into `folder` (default: `own_folder()`).

    Nothing is left behind by a download that fails or is interrupted.
    Raises: ModelError: the card names no weights, or no address. DownloadError: they could not be
    had whole.
    """
    wanted = _wanted(card)
    if not wanted.url:
        raise ModelError(
            f"{card.name}: {wanted.file} comes with edgeinfer, and is missing beside its card "
            "or not the right one; install edgeinfer again"
        )
    target = (folder or own_folder()) / wanted.file
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        with _part(target) as (path, part):
            if wanted.member is None:
                _download(wanted, part, wanted.bytes, on_progress)
            else:
                _download_member(wanted, target, part, on_progress)
            _check(wanted, part)
            part.flush()
            os.fsync(part.fileno())
            path.replace(target)
    except DownloadError:
        raise
    except OSError as error:
        raise DownloadError(
            f"{target}: {error.strerror or error}; its folder must be writable, its disk not full"
        ) from error
    return target


def _wanted(card: Card) -> Weights:
    if card.weights is None:
        raise ModelError(f"{card.file}: names no weights to pull; give it a [weights] section")
    return card.weights


def _download_member(
    wanted: Weights, target: Path, part: BufferedRandom, on_progress: Progress
) -> None:
    """A ZIP is read from its end, so the archive lies on the disk while its member is taken."""
    with _part(target) as (_, archive):
        _download(wanted, archive, _MOST_ARCHIVE_BYTES, on_progress)
        try:
            with zipfile.ZipFile(archive) as opened, opened.open(wanted.member or "") as member:
                _copy(member, part, wanted.bytes, wanted.url, lambda _: None)
        # RuntimeError and NotImplementedError: encrypted, or packed in a way Python cannot undo.
        except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError) as error:
            raise DownloadError(
                f"{wanted.url}: no {wanted.member} can be taken out of it: {error}; "
                "it may have changed at its source"
            ) from error


def _download(
    wanted: Weights, part: BufferedRandom, most_bytes: int, on_progress: Progress
) -> None:
    with closing(_open(wanted)) as response:
        said = response.headers.get("Content-Length") or ""
        total_bytes = int(said) if said.isdigit() else 0
        done_bytes = _copy(
            response, part, most_bytes, wanted.url, lambda done: on_progress(done, total_bytes)
        )
    if done_bytes < total_bytes:
        raise DownloadError(
            f"{wanted.url}: the connection ended after {done_bytes} of {total_bytes} bytes; "
            "pull again"
        )


def _open(wanted: Weights) -> http.client.HTTPResponse:
    url = wanted.url
    try:
        # An opener of its own: the shared one keeps the proxies of its first use for good.
        response: http.client.HTTPResponse = build_opener().open(url, timeout=_TIMEOUT_S)
    except HTTPError as error:
        with error:
            raise DownloadError(
                f"{url}: the server answers {error.code} {error.reason}; "
                "the file may have moved from its source"
            ) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise DownloadError(
            f"{url}: {reason}; go online, or put {wanted.file} into a folder and name that folder "
            "in EDGEINFER_MODELS"
        ) from error
    return response


def _copy(
    source: IO[bytes] | http.client.HTTPResponse,
    part: BufferedRandom,
    most_bytes: int,
    url: str,
    on_bytes: Callable[[int], None],
) -> int:
    """How many bytes went over; more than `most_bytes` are refused."""
    done_bytes = 0
    while chunk := _read(source, url):
        done_bytes += len(chunk)
        if done_bytes > most_bytes:
            raise DownloadError(f"{url}: larger than the {most_bytes} bytes that it may have")
        part.write(chunk)
        on_bytes(done_bytes)
    return done_bytes


def _read(source: IO[bytes] | http.client.HTTPResponse, url: str) -> bytes:
    try:
        return source.read(_CHUNK_BYTES)
    except zipfile.BadZipFile:
        raise
    except (OSError, http.client.HTTPException) as error:
        raise DownloadError(f"{url}: the connection broke: {error}; pull again") from error


def _check(wanted: Weights, part: BufferedRandom) -> None:
    part.seek(0)
    found = hashlib.file_digest(part, "sha256").hexdigest()
    size_bytes = part.tell()
    if size_bytes != wanted.bytes or found != wanted.sha256:
        raise DownloadError(
            f"{wanted.url}: not the file that the card names ({size_bytes} bytes, sha256 "
            f"{found[:12]}…; not {wanted.bytes} bytes, {wanted.sha256[:12]}…); "
            "it was changed at its source or on its way"
        )


@contextmanager
def _part(target: Path) -> Iterator[tuple[Path, BufferedRandom]]:
    """A file of this download alone, beside its target; gone afterwards, whatever happens."""
    path = target.with_name(f".{target.name}.{os.getpid()}.{time.monotonic_ns()}.part")
    try:
        with path.open("x+b") as part:
            yield path, part
    finally:
        path.unlink(missing_ok=True)


def _sweep(target: Path) -> None:
    """Remove what a download that lost its power left behind."""
    for path in target.parent.glob(f".{target.name}.*.part"):
        if time.time() - path.stat().st_mtime > _STALE_S:
            path.unlink(missing_ok=True)
