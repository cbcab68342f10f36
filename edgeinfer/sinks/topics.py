"""Topics: where a device's messages are at the broker."""

from __future__ import annotations

from dataclasses import dataclass

_STANDING = ("state", "snapshot")
_NO_LEVEL = str.maketrans(dict.fromkeys("+#/\0", "_"))


@dataclass(frozen=True, slots=True)
class Topics:
    """All begin with `base`; the name of a rule is one level, whatever letters it has."""

    prefix: str
    device: str

    @property
    def base(self) -> str:
        return f"{self.prefix}/{self.device}"

    @property
    def status(self) -> str:
        return f"{self.base}/status"

    @property
    def result(self) -> str:
        return f"{self.base}/result"

    @property
    def health(self) -> str:
        return f"{self.base}/health"

    def event(self, rule: str) -> str:
        return self._of_rule("event", rule)

    def state(self, rule: str) -> str:
        return self._of_rule("state", rule)

    def snapshot(self, rule: str) -> str:
        return self._of_rule("snapshot", rule)

    def is_standing(self, topic: str) -> bool:
        """Whether it is one at which a rule's state or picture stands, of this device."""
        rule = topic.rpartition("/")[2]
        return topic in (self._of_rule(kind, rule) for kind in _STANDING)

    def command(self, name: str) -> str:
        return f"{self.base}/{name}/set"

    def _of_rule(self, kind: str, rule: str) -> str:
        return f"{self.base}/{kind}/{rule.translate(_NO_LEVEL)}"
