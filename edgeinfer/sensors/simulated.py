"""A simulated board: heat by the physics, driven by what this process really works."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from time import monotonic, monotonic_ns, process_time

from edgeinfer.core.results import Reading
from edgeinfer.sensors.heat import BOARDS, Heat

_NOISE_C, _STEP_C = 0.2, 0.5
"""A Pi's sensor flickers a little, in steps of about half a degree."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What happens to which board, after how many seconds.

    `duty`: how busy it has been before, so that a person sees in a minute what takes ten.
    """

    board: str
    ambient_c: float
    duty: float = 0.0
    fan_stops_s: float | None = None
    sags_s: tuple[float, float] = (0.0, 0.0)  # the supply, from and to
    lost_s: float | None = None  # the sensor


SCENES = {
    "pi4-summer": Scene("pi4-bare", 36, duty=0.15),
    "pi4-fan-stops": Scene("pi4-fan", 36, duty=0.9, fan_stops_s=20),
    "pi5-bare": Scene("pi5-bare", 22),
    "bad-power": Scene("pi4-fan", 22, sags_s=(15, 25)),
    "sensor-lost": Scene("pi4-bare", 22, lost_s=20),
}


class SimulatedHeat:
    """Reads like a Raspberry Pi, on any machine.

    "cpu-thermal", "clock_share" and the firmware's flags. One busy core here is a busy board there:
    so it is seen on machines with many.
    """

    @dataclass(frozen=True, slots=True)
    class Options:
        """`scenario`: one of the names in docs/heat.md."""

        scenario: str = "pi4-summer"

        def __post_init__(self) -> None:
            if self.scenario not in SCENES:
                raise ValueError(f"no scenario {self.scenario!r}; there are {', '.join(SCENES)}")

    def __init__(
        self,
        options: Options,
        clock: Callable[[], float] = monotonic,
        cpu_s: Callable[[], float] = process_time,
    ) -> None:
        self._scene = SCENES[options.scenario]
        self._heat = Heat(BOARDS[self._scene.board], self._scene.ambient_c, self._scene.duty)
        self._clock, self._cpu_s = clock, cpu_s
        self._random = Random(0)  # noqa: S311 - noise
        self._began_s = self._read_s = clock()
        self._used_s = cpu_s()

    def read(self) -> Sequence[Reading]:
        since_s = self._pass_time()
        scene = self._scene
        sags = scene.sags_s[0] <= since_s < scene.sags_s[1]
        readings = [
            _reading("clock_share", self._heat.clock, "1"),
            _reading("under_voltage", float(sags), "flag"),
            _reading("throttled", float(self._heat.throttled), "flag"),
        ]
        if scene.lost_s is None or since_s < scene.lost_s:
            readings.append(_reading("cpu-thermal", self._temperature_c(), "c"))
        return readings

    def _pass_time(self) -> float:
        """Real seconds since the beginning."""
        now_s, used_s = self._clock(), self._cpu_s()
        seconds = now_s - self._read_s
        since_s = now_s - self._began_s
        if seconds > 0:
            duty = min((used_s - self._used_s) / seconds, 1.0)
            stops_s = self._scene.fan_stops_s
            self._heat.fan_works = stops_s is None or since_s < stops_s
            self._heat.step(duty, seconds)
        self._read_s, self._used_s = now_s, used_s
        return since_s

    def _temperature_c(self) -> float:
        noisy_c = self._heat.die_c + self._random.gauss(0, _NOISE_C)
        return round(noisy_c / _STEP_C) * _STEP_C


def _reading(name: str, value: float, unit: str) -> Reading:
    return Reading(name, value, unit, monotonic_ns())
