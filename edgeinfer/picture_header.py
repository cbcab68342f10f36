"""The size of a picture by the first bytes of its file, before anything is decoded.

A PNG of 50 kB can hold a picture of gigabytes, and a decoder would take them.
"""

from __future__ import annotations

import struct

# The signatures: PNG, 5.2; JPEG, T.81 annex B; BITMAPFILEHEADER; RFC 9649 (WebP).
_PNG = b"\x89PNG\r\n\x1a\n"
# T.81, table B.1: what starts a frame and so has its size; markers without a length.
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_BARE = {0x01, *range(0xD0, 0xD9)}


def size_px(data: bytes) -> tuple[int, int] | None:
    """Width and height; None: it is no PNG, JPEG, BMP or WebP, or ends too early."""
    try:
        if data.startswith(_PNG):
            return _two(">II", data, 16)
        if data.startswith(b"\xff\xd8"):
            return _jpeg(data)
        if data.startswith(b"BM"):
            return _bmp(data)
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError):
        pass
    return None


def _two(form: str, data: bytes, at: int) -> tuple[int, int]:
    first, second = struct.unpack_from(form, data, at)
    return first, second


def _jpeg(data: bytes) -> tuple[int, int]:
    """Of the first frame: segments are walked, each with its length before it."""
    at = 2
    while True:
        while data[at + 1] == 0xFF:  # fill bytes
            at += 1
        marker = data[at + 1]
        if data[at] != 0xFF or marker == 0xDA:  # the pixels begin, and no frame had
            raise IndexError
        if marker in _FRAMES:
            height, width = _two(">HH", data, at + 5)
            return width, height
        (length,) = (0,) if marker in _BARE else struct.unpack_from(">H", data, at + 2)
        at += 2 + length


def _bmp(data: bytes) -> tuple[int, int]:
    """A negative height means that the first row is the upper one."""
    old = struct.unpack_from("<I", data, 14) == (12,)  # BITMAPCOREHEADER
    width, height = _two("<HH" if old else "<ii", data, 18)
    return abs(width), abs(height)


def _webp(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":  # 24 bits each, less one
        canvas = int.from_bytes(data[24:30].ljust(6, b"\xff"), "little")
        return (canvas & 0xFFFFFF) + 1, (canvas >> 24) + 1
    if kind == b"VP8L":  # 14 bits each, less one
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = _two("<HH", data, 26)  # 14 bits each, below two of a scale
    return width & 0x3FFF, height & 0x3FFF
