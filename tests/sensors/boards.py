"""Trees of files as the kernels of real boards show them, for every sensor that there is.

Values from the boards' documentation and from people's reports; none was read from a board here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from edgeinfer import plugins
from edgeinfer.core.contracts import Sensor
from edgeinfer.core.results import Reading

CPU = "sys/devices/system/cpu/cpufreq"
HWMON = "sys/class/hwmon"
THERMAL = "sys/class/thermal"
NAMES = ("apex", "clock", "fan", "load", "memory", "space", "thermal", "throttling")
FIRMWARE = "sys/devices/platform/soc/soc:firmware/get_throttled"


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def sensors(root: Path) -> dict[str, Sensor]:
    """Every one that reads the machine, by its name as a plug-in."""
    kinds = {name: plugins.find("sensor", name) for name in NAMES}
    return {name: kind(kind.Options(root)) for name, kind in kinds.items()}


def read(sensor: Sensor) -> dict[str, float]:
    return {reading.name: reading.value for reading in sensor.read()}


def read_all(sensors: dict[str, Sensor]) -> Sequence[Reading]:
    return [reading for sensor in sensors.values() for reading in sensor.read()]


def _machine(root: Path, cores: int, total_kb: int, available_kb: int) -> None:
    write(
        root,
        {
            "proc/loadavg": "0.52 0.48 0.40 2/180 1234\n",
            "proc/stat": "cpu  4000 10 1000 90000 500 0 90 0 0 0\n"
            + "".join(f"cpu{core} 1000 2 250 22500 125 0 22 0 0 0\n" for core in range(cores))
            + "intr 123456 0 0\nctxt 654321\n",
            "proc/meminfo": f"MemTotal: {total_kb:>15} kB\nMemFree: {available_kb // 2:>16} kB\n"
            f"MemAvailable: {available_kb:>11} kB\nBuffers: 20480 kB\nCmaTotal: 262144 kB\n",
            "proc/self/statm": "60000 25000 9000 2 0 30000 0\n",
        },
    )


def _clock(root: Path, policy: int, now_khz: int, most_khz: int) -> None:
    folder = f"{CPU}/policy{policy}"
    write(
        root,
        {
            f"{folder}/scaling_cur_freq": f"{now_khz}\n",
            f"{folder}/cpuinfo_max_freq": f"{most_khz}\n",
            f"{folder}/cpuinfo_min_freq": "600000\n",
            f"{folder}/scaling_governor": "ondemand\n",
        },
    )


def _zone(root: Path, number: int, kind: str, millidegrees: int) -> None:
    folder = f"{THERMAL}/thermal_zone{number}"
    write(root, {f"{folder}/type": f"{kind}\n", f"{folder}/temp": f"{millidegrees}\n"})


def _pi(root: Path, now_khz: int, most_khz: int, millidegrees: int, total_kb: int) -> Path:
    """What all of them have; the mailbox is an empty file here, which refuses the ioctl."""
    _machine(root, 4, total_kb, total_kb // 2)
    _clock(root, 0, now_khz, most_khz)
    _zone(root, 0, "cpu-thermal", millidegrees)
    write(
        root,
        {
            "dev/vcio": "",
            f"{HWMON}/hwmon0/name": "cpu_thermal\n",
            f"{HWMON}/hwmon0/temp1_input": f"{millidegrees}\n",
            f"{HWMON}/hwmon1/name": "rpi_volt\n",
            f"{HWMON}/hwmon1/in0_lcrit_alarm": "0\n",
        },
    )
    return root


def zero_2_w(root: Path) -> Path:
    """On a weak supply."""
    _pi(root, 600000, 1000000, 44008, 436336)
    write(root, {f"{HWMON}/hwmon1/in0_lcrit_alarm": "1\n"})
    return root


def pi_3b_plus(root: Path) -> Path:
    """An older kernel, which shows the firmware's flags; over its soft limit of 60 °C."""
    _pi(root, 1200000, 1400000, 61224, 931960)
    write(root, {FIRMWARE: "80008\n"})
    return root


def pi_4(root: Path) -> Path:
    return _pi(root, 1800000, 1800000, 48312, 3884000)


def cm4(root: Path) -> Path:
    """As a Pi 4, with a fan on the carrier's emc2301."""
    _pi(root, 1500000, 1500000, 52095, 7998720)
    write(root, {f"{HWMON}/hwmon2/name": "emc2301\n", f"{HWMON}/hwmon2/fan1_input": "3120\n"})
    return root


def pi_5(root: Path) -> Path:
    _pi(root, 1500000, 2400000, 52900, 8256384)
    write(
        root,
        {
            "dev/vcio_gencmd": "",
            f"{HWMON}/hwmon2/name": "rp1_adc\n",
            f"{HWMON}/hwmon2/temp1_input": "46123\n",
            f"{HWMON}/hwmon3/name": "pwmfan\n",
            f"{HWMON}/hwmon3/fan1_input": "2689\n",
            f"{HWMON}/hwmon3/pwm1": "75\n",
        },
    )
    return root


def _apex(root: Path, millidegrees: int) -> Path:
    folder = "sys/class/apex/apex_0"
    write(
        root,
        {
            "dev/apex_0": "",
            f"{folder}/temp": f"{millidegrees}\n",
            f"{folder}/trip_point0_temp": "85000\n",
            f"{folder}/hw_temp_warn1": "100000\n",
        },
    )
    return root


def pi_5_with_coral(root: Path) -> Path:
    return _apex(pi_5(root), 61300)


def pi_5_with_dead_coral(root: Path) -> Path:
    return _apex(pi_5(root), -89700)


def pc(root: Path) -> Path:
    """Two kinds of cores, two zones of one kind, one of them switched off, two fans."""
    _machine(root, 8, 32000000, 24000000)
    _clock(root, 0, 4700000, 4600000)
    _clock(root, 10, 800000, 3200000)
    _zone(root, 0, "acpitz", 27800)
    _zone(root, 1, "acpitz", 29800)
    _zone(root, 10, "x86_pkg_temp", 71000)
    write(root, {f"{THERMAL}/thermal_zone11/type": "iwlwifi_1\n"})
    write(root, {f"{HWMON}/hwmon4/name": "nct6775\n", f"{HWMON}/hwmon4/fan1_input": "0\n"})
    write(root, {f"{HWMON}/hwmon4/fan2_input": "1105\n"})
    return root


def virtual_machine(root: Path) -> Path:
    """Without anything."""
    _machine(root, 2, 8000000, 6000000)
    return root


def empty(root: Path) -> Path:
    root.mkdir(exist_ok=True)
    return root


BOARDS: Sequence[Callable[[Path], Path]] = (
    zero_2_w,
    pi_3b_plus,
    pi_4,
    cm4,
    pi_5,
    pi_5_with_coral,
    pi_5_with_dead_coral,
    pc,
    virtual_machine,
    empty,
)
