"""The sections of a TOML text as pieces of it, each with the comment right above its header.

To a parser a comment above a header is the end of the section before. To a person it is about the
one below, and comes and goes with it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# A line inside of a list may look so, too; one with a comma does more often, and is no header.
_HEADER = re.compile(r"[ \t]*\[[^,]+\][ \t]*(#.*)?\r?\n?")
_REMARK = re.compile(r"[ \t]*#")


@dataclass(frozen=True, slots=True)
class Piece:
    """`key` is the first word of its header; "": what stands before any.

    `was` is its text when it was cut, by which its neighbours are known; "": it is new.
    """

    key: str
    text: str
    was: str = ""


def cut(text: str) -> list[Piece]:
    """Joined they are the text. The tables inside one of a list are parts of its piece.

    Raises: ValueError: it is not TOML.
    """
    found: list[Piece] = []
    for own, has_header in _chunks(text.splitlines(keepends=True)):
        table = tomllib.loads(own) if has_header else {}
        key = next(iter(table), "")
        is_inner = isinstance(table.get(key), dict) and found and found[-1].key == key
        whole = found.pop().text + own if is_inner else own
        found.append(Piece(key, whole, whole))
    return found


def joined(pieces: Iterable[Piece], before: Iterable[Piece]) -> str:
    """An empty line parts those that were no neighbours in `before`."""
    texts = [piece.was for piece in before]
    neighbours = set(zip(["", *texts], texts, strict=False))
    text, above = "", ""
    for piece in pieces:
        if text and (above, piece.was) not in neighbours:
            text = f"{text.rstrip()}\n\n"
        text += piece.text
        above = piece.was
    return text


def _chunks(lines: list[str]) -> Iterator[tuple[str, bool]]:
    """From one header to the next, and whether it begins with one."""
    begin, has_header = 0, False
    for at, line in enumerate(lines):
        # Inside of a list or of a text, what stands before it is not whole.
        if _HEADER.fullmatch(line) and _is_toml("".join(lines[begin:at])):
            above = _first_remark(lines, at, begin)
            if above or has_header:
                yield "".join(lines[begin:above]), has_header
            begin, has_header = above, True
    yield "".join(lines[begin:]), has_header


def _first_remark(lines: list[str], at: int, begin: int) -> int:
    """Of those right above that line, down to the one before it."""
    while at > begin and _REMARK.match(lines[at - 1]):
        at -= 1
    return at


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True
