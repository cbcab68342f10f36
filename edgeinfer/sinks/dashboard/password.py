"""The password's hash: one line of a file. The only file that imports argon2."""

from __future__ import annotations

from pathlib import Path

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from edgeinfer.sinks import secret

SHORTEST = 8
"""Letters: NIST SP 800-63B, 5.1.1.2."""
LONGEST = 1024

# 19 MiB, two passes, one lane: OWASP's Password Storage Cheat Sheet. The library's own 64 MiB are
# an eighth of a Pi Zero's memory.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_MOST_KIB = 262_144  # of a hash that somebody else made


def hashed(password: str) -> str:
    """Raises: ValueError: too short, or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(f"the password should have from {SHORTEST} to {LONGEST} letters")
    return _HASHER.hash(password)


def fits(password: str, line: str) -> bool:
    """Whether that is the one; it takes a tenth of a second on purpose."""
    try:
        return _HASHER.verify(line, password)
    except VerificationError:
        return False


def read(path: Path, problems: list[str]) -> str:
    """The hash in the file; "" after adding to `problems`, which never quote it."""
    line = secret.read("password_file", path, problems, holds="what `edgeinfer password` makes")
    if not line.strip():
        return ""
    try:
        cost_kib = extract_parameters(line).memory_cost
    except InvalidHashError:
        problems.append(f"password_file: {path}: holds no hash; make it with `edgeinfer password`")
        return ""
    if cost_kib > _MOST_KIB:
        problems.append(f"password_file: {path}: asks for {cost_kib} KiB; make it anew")
    return line
