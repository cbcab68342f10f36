"""deploy/test: what holds of the emulated machines without booting one."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.deploy.tools import quiet

FOLDER = ROOT / "deploy/test"


def said(program: str, *arguments: Path) -> list[str]:
    beside = f"import sys; sys.path.insert(0, {str(FOLDER)!r})\n{program}"
    return quiet(sys.executable, "-c", beside, *arguments).splitlines()


def test_every_step_of_a_machine_is_one_that_the_guest_has() -> None:
    lines = said(
        "import guest, machine\n"
        "for kind, steps in machine.STEPS.items(): print(kind, set(steps) - set(guest.STEPS))"
    )
    assert lines == ["virt set()", "raspi3b set()", "card set()", "quick set()"]


def test_a_machine_that_has_no_hope_is_ended_with_its_reason(tmp_path: Path) -> None:
    lines = said(
        "import machine, pathlib\n"
        "hopeless = 'echo [1.0] Kernel panic - not syncing: VFS; exec sleep 3600'\n"
        "machine._run(['sh', '-c', hopeless], pathlib.Path(sys.argv[1]))",
        tmp_path / "virt.log",
    )
    assert lines == [f"virt: ended: Kernel panic; see {tmp_path}/virt.log"]


def test_each_step_is_told_when_it_is_over(tmp_path: Path) -> None:
    lines = said(
        "import machine, pathlib\n"
        'step = \'{"step": "it_holds", "passed": true, "seconds": 2.5, "error": ""}\'\n'
        "words = f\"printf '[ 9.1] sh[7]: PROOF %s\\\\r\\\\n' '{step}'; exit 3\"\n"
        "machine._run(['sh', '-c', words], pathlib.Path(sys.argv[1]))",
        tmp_path / "virt.log",
    )
    assert lines == [
        "   virt    2.5 s  it holds: yes",
        f"virt: ended: QEMU's status 3; see {tmp_path}/virt.log",
    ]


def test_a_small_thing_may_be_a_pixel_elsewhere_and_no_more() -> None:
    lines = said(
        "import goldens\n"
        "def picture(x, score=0.6):\n"
        "    found = {'label': 'kite', 'score': score, 'box': [x, 0.3, x + 0.014, 0.32]}\n"
        "    return {'p': {'input_apart': 1, 'reference_sha256': 'same', 'default': [found]}}\n"
        "def unmatched(*other): return goldens.differences(picture(0.4), picture(*other))\n"
        "print(unmatched(0.403)['default_unmatched'])\n"
        "print(len(unmatched(0.41)['default_unmatched']))\n"
        "print(len(unmatched(0.4, 0.7)['default_unmatched']))"
    )
    assert lines == ["[]", "2", "2"]
