from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from edgeinfer.model.skeleton import conv_stack
from edgeinfer.tools.footprint import footprint, resident_bytes

MEGABYTE = 1_000_000


def test_a_model_takes_at_least_its_weights_and_activations(tmp_path: Path) -> None:
    path = tmp_path / "wide.tflite"
    path.write_bytes(conv_stack("float32", size=128, channels=64, layers=2))
    found = footprint(path, threads=1)
    assert found is not None
    assert 10 * MEGABYTE < found.before_load_bytes < 200 * MEGABYTE
    # Two activations of 128 x 128 x 64 floats live at once: 4.2 MB each.
    taken_bytes = found.after_load_bytes - found.before_load_bytes
    assert 8 * MEGABYTE < taken_bytes < 100 * MEGABYTE
    assert found.peak_bytes >= found.after_load_bytes


def test_the_peak_of_a_process_is_not_below_what_it_holds() -> None:
    assert 0 < resident_bytes() <= resident_bytes(peak=True)


def test_a_file_that_is_no_model_is_left_to_whoever_loads_it(tmp_path: Path) -> None:
    path = tmp_path / "no.tflite"
    path.write_bytes(b"no model at all")
    assert footprint(path) is None


def test_a_model_that_ends_the_process_is_an_error_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "heavy.tflite"
    path.write_bytes(conv_stack("float32", size=128, channels=512, layers=4))
    # A real signal: the kernel ends a process after a second of work, which this model exceeds.
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from edgeinfer.errors import ModelError\n"
        "from edgeinfer.tools.footprint import footprint\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (1, 60))\n"
        "try:\n"
        "    footprint(Path(sys.argv[1]), 1)\n"
        "except ModelError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"{path}: crashed the interpreter (SIGXCPU)")
