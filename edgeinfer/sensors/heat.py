"""Heat: how warm a board's chip gets, from how busy it is; the physics of every simulation here.

Two thermal masses: the die, which follows its load within seconds, and the board (with its heat
sink), which takes minutes. The firmware lowers the clock between 80 and 85 °C, and with the clock
goes its power. `docs/heat.md` compares the constants with what was published.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

SOFT_C, HARD_C = 80.0, 85.0
"""The firmware throttles from the first, fully at the second (Raspberry Pi documentation,
"Frequency management and thermal control")."""

_POWER_OF_CLOCK = 2.5
"""Between 1 (voltage stays) and 3 (voltage follows the clock)."""

_LONGEST_STEP_S = 0.5
"""A tenth of the fastest die here: the integration stays exact enough, and stable."""


@dataclass(frozen=True, slots=True)
class Board:
    """The constants of one board.

    `idle_w`, `busy_w`: heat at rest, and what a full load adds at full clock. Resistances in kelvin
    per watt, from die to board and from board to air; heat capacities in joules per kelvin.
    `blown_k_w`: from board to air with the fan running. `fan_on_c`: where the firmware starts it.
    `soft_c`: where it begins to lower the clock.
    """

    idle_w: float
    busy_w: float
    die_k_w: float
    air_k_w: float
    die_j_k: float
    board_j_k: float
    blown_k_w: float = 0.0
    fan_on_c: float = 0.0
    slowest_clock: float = 0.4
    soft_c: float = SOFT_C


# Watts of the Pi 4: chipwired.com "How much power a Raspberry Pi uses": idle 2.3 W, high load 5.1
# to 5.4 W. Of the Pi 5 only products of watts and resistances show in the temperatures below.
# Pi 4, bare: throttles at 81 to 82 °C in a room of 23 °C (element14, "facial recognition: cooling
# comparison"; hackster.io, A. Allan: throttling above 81 °C). In a heat-sink case: 70 °C at full
# load, warm for more than ten minutes after it; with a fan 10 °C less (djstein.com, "Raspberry Pi
# 4B case test"). Lowest clock 600 of 1500 MHz.
# Pi 5, in a room of 20 °C, after 0, 1, 2, 3 minutes of `stress`: bare 40.0, 82.3, 84.5, 86.2 °C;
# with the active cooler 40.0, 55.4, 58.2, 59.8 °C (qiita.com/j-baba/items/08475f1d066d23e188eb).
# Its fan starts at 50 °C (documentation). Lowest clock 1500 of 2400 MHz.
BOARDS = {
    "pi4-bare": Board(2.3, 3.0, 3.0, 8.5, 2.0, 30.0),
    "pi4-case": Board(2.3, 3.0, 2.5, 6.5, 2.0, 100.0),
    "pi4-fan": Board(2.3, 3.0, 2.5, 8.0, 2.0, 40.0, blown_k_w=4.7),
    "pi5-bare": Board(2.7, 5.0, 5.5, 6.5, 1.5, 25.0, slowest_clock=0.625),
    "pi5-cooler": Board(
        2.7, 5.0, 2.5, 5.2, 2.0, 60.0, blown_k_w=2.9, fan_on_c=50.0, slowest_clock=0.625
    ),
}

_FAN_HYSTERESIS_C = 5.0
"""Of the Pi 5's fan steps (documentation)."""


class Heat:
    """The temperatures of one board over time. It begins as warm as it gets at `duty`."""

    def __init__(self, board: Board, ambient_c: float, duty: float = 0.0) -> None:
        self.board = board
        self.ambient_c = ambient_c
        self.fan_works = True
        self.clock = 1.0
        self._fan = board.blown_k_w > 0 and board.fan_on_c == 0
        power_w = board.idle_w + board.busy_w * duty
        self.board_c = ambient_c + power_w * self._air_k_w
        self.die_c = self.board_c + power_w * board.die_k_w

    def step(self, duty: float, seconds: float) -> None:
        """Time passes with this share of all cores busy."""
        steps = max(1, ceil(seconds / _LONGEST_STEP_S))
        for _ in range(steps):
            self._step(duty, seconds / steps)

    @property
    def throttled(self) -> bool:
        return self.clock < 1

    @property
    def fan_runs(self) -> bool:
        return self._fan and self.fan_works

    @property
    def _air_k_w(self) -> float:
        return self.board.blown_k_w if self.fan_runs else self.board.air_k_w

    def _step(self, duty: float, seconds: float) -> None:
        board = self.board
        power_w = board.idle_w + board.busy_w * duty * self.clock**_POWER_OF_CLOCK
        flow_w = (self.die_c - self.board_c) / board.die_k_w
        self.die_c += (power_w - flow_w) * seconds / board.die_j_k
        self.board_c += (flow_w - (self.board_c - self.ambient_c) / self._air_k_w) * (
            seconds / board.board_j_k
        )
        over = (self.die_c - board.soft_c) / (HARD_C - SOFT_C)
        self.clock = 1 - (1 - board.slowest_clock) * min(max(over, 0.0), 1.0)
        if board.fan_on_c:
            switch_c = board.fan_on_c - _FAN_HYSTERESIS_C * self._fan
            self._fan = self.die_c >= switch_c
