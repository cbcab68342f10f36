from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgeinfer.engines.litert import LitertEngine, cores, runtime_name, thread_count
from edgeinfer.errors import EngineError, ModelError
from tests.engines.delegates import compiled


@pytest.fixture
def classifier(models: Path) -> Path:
    return models / "mobilenet_v1_0.25_128_quant.tflite"


def test_a_model_tells_its_tensors(classifier: Path) -> None:
    engine = LitertEngine(classifier)
    assert engine.input.shape == (1, 128, 128, 3)
    assert engine.input.dtype == np.uint8
    assert engine.outputs[0].shape == (1, 1001)
    assert engine.outputs[0].scale == pytest.approx(1 / 256)


def test_the_outputs_are_the_callers_to_keep(classifier: Path) -> None:
    engine = LitertEngine(classifier)
    black = np.zeros((1, 128, 128, 3), np.uint8)
    kept = engine.run(black)[0]
    copy = kept.copy()
    engine.run(black + 255)
    assert np.array_equal(kept, copy)
    kept[:] = 0
    assert engine.run(black)[0].any()


def test_the_engine_does_not_keep_its_input(classifier: Path) -> None:
    engine = LitertEngine(classifier)
    picture = np.full((1, 128, 128, 3), 90, np.uint8)
    first = engine.run(picture)[0]
    again = picture.copy()
    picture[:] = 0
    assert np.array_equal(engine.run(again)[0], first)


def test_a_signature_gives_the_tensors_their_names(models: Path) -> None:
    engine = LitertEngine(models / "movenet_single_pose_lightning_ptq.tflite")
    assert (engine.input.name, engine.outputs[0].name) == ("input", "output_0")


def test_threads_default_to_all_cores_but_one_and_never_exceed_them(classifier: Path) -> None:
    assert thread_count(None) == max(1, cores() - 1)
    assert thread_count(10_000) == cores()
    assert thread_count(1) == 1
    assert LitertEngine(classifier, threads=10_000).threads == cores()


def test_the_cores_are_those_that_the_process_may_use() -> None:
    first = min(os.sched_getaffinity(0))
    done = _run(
        f"import os; os.sched_setaffinity(0, {{{first}}})\n"
        "from edgeinfer.engines.litert import cores, thread_count\n"
        "print(cores(), thread_count(None), thread_count(8))"
    )
    assert done.stdout.split() == ["1", "1", "1"]


def test_the_runtime_is_named_with_its_version() -> None:
    name, version = runtime_name().split()
    assert name in ("ai-edge-litert", "tflite-runtime")
    assert version[0].isdigit()


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="absent.tflite: no such file"):
        LitertEngine(tmp_path / "absent.tflite")


def test_a_text_file_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "words.tflite"
    path.write_text("this is no model")
    with pytest.raises(ModelError, match="words.tflite: not a TFLite model"):
        LitertEngine(path)


def test_an_empty_file_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "empty.tflite"
    path.touch()
    with pytest.raises(ModelError, match="empty.tflite: is empty"):
        LitertEngine(path)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_a_truncated_model_is_no_model(share: float, classifier: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.tflite"
    data = classifier.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ModelError, match="cut.tflite: not a TFLite model"):
        LitertEngine(path)


def test_an_unknown_operator_is_named(models: Path) -> None:
    with pytest.raises(ModelError, match="unresolved custom op: fake-op-double"):
        LitertEngine(models / "invalid_model_invoking_error.tflite")


def test_a_model_for_the_edge_tpu_says_what_it_needs(models: Path) -> None:
    with pytest.raises(ModelError, match="compiled for the Edge TPU") as caught:
        LitertEngine(models / "mobilenet_v1_0.25_128_quant_edgetpu.tflite")
    assert "\n" not in str(caught.value)


def _run(code: str, *args: Path) -> subprocess.CompletedProcess[str]:
    prelude = (
        "import sys; from pathlib import Path\n"
        "from edgeinfer.engines.litert import LitertEngine\n"
        "from edgeinfer.errors import EdgeinferError\n"
    )
    return subprocess.run(
        [sys.executable, "-c", prelude + code, *map(str, args)],
        capture_output=True,
        text=True,
        check=False,
    )


_WITH_DELEGATE = (
    "try: LitertEngine(Path(sys.argv[1]), delegate=sys.argv[2])\n"
    "except EdgeinferError as error: print(type(error).__name__, error)"
)


def test_a_missing_delegate_is_one_line_and_nothing_on_standard_error(classifier: Path) -> None:
    done = _run(_WITH_DELEGATE, classifier, Path("libabsent-edgetpu.so.1"))
    assert done.stdout.startswith("EngineError delegate libabsent-edgetpu.so.1: cannot be loaded")
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def test_a_library_that_is_no_delegate_is_one_line(classifier: Path) -> None:
    done = _run(_WITH_DELEGATE, classifier, Path("libc.so.6"))
    assert done.stdout == (
        "EngineError delegate libc.so.6: is a library, but not a TFLite delegate\n"
    )
    assert done.stderr == ""


def test_a_delegate_that_finds_no_device_is_one_line(classifier: Path, tmp_path: Path) -> None:
    library = compiled("refuses", tmp_path)
    done = _run(_WITH_DELEGATE, classifier, Path(library))
    assert done.stdout.startswith(f"EngineError delegate {library}: refused to start: no device; ")
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_a_good_model_loads_without_a_word(classifier: Path) -> None:
    done = _run("LitertEngine(Path(sys.argv[1]))", classifier)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_input_of_the_wrong_shape_is_an_engine_error(classifier: Path) -> None:
    with pytest.raises(EngineError, match="invoke failed"):
        LitertEngine(classifier).run(np.zeros((1, 1, 1, 3), np.uint8))


def _with_runtimes(tmp_path: Path, numpy_version: str) -> subprocess.CompletedProcess[str]:
    """As on a machine that has tflite-runtime alone, with some numpy."""
    legacy = tmp_path / "tflite_runtime"
    legacy.mkdir()
    (legacy / "__init__.py").touch()
    (legacy / "interpreter.py").touch()
    code = (
        "import numpy\n"
        f"numpy.__version__ = {numpy_version!r}\n"
        "sys.modules['ai_edge_litert'] = None\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from edgeinfer.engines import litert\n"
        "try: print(litert._runtime().__name__)\n"
        "except EdgeinferError as error: print(error)"
    )
    return _run(code, tmp_path)


def test_tflite_runtime_is_taken_where_it_is_what_is_installed(tmp_path: Path) -> None:
    assert _with_runtimes(tmp_path, "1.26.4").stdout == "tflite_runtime.interpreter\n"


def test_tflite_runtime_with_numpy_2_is_refused_with_the_way_out(tmp_path: Path) -> None:
    assert _with_runtimes(tmp_path, "2.0.0").stdout == (
        "tflite-runtime does not work with numpy 2.0.0; pip install ai-edge-litert, or 'numpy<2'\n"
    )


def test_the_two_kernels_compute_nearly_the_same(models: Path) -> None:
    path = models / "mobilenet_v1_0.5_160_quant.tflite"
    picture = np.random.default_rng(0).integers(0, 256, (1, 160, 160, 3), np.uint8)
    default, builtin = (
        LitertEngine(path, kernels=kernels).run(picture)[0].astype(int)
        for kernels in ("default", "builtin")
    )
    differences = np.abs(default - builtin)
    assert 0 < differences.max() < 32, "other code, which rounds otherwise"


def test_a_file_name_that_is_not_utf8_is_one_line(classifier: Path, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.tflite"))
    shutil.copy(classifier, path)
    with pytest.raises(ModelError, match="a file name that is not UTF-8; rename the file"):
        LitertEngine(path)


def test_a_tensor_name_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    from edgeinfer.model import flatbuffer, skeleton

    path = tmp_path / "odd.tflite"
    path.write_bytes(skeleton.conv_stack("float32", size=4, channels=4, layers=1))
    model = flatbuffer.read(path)
    graph = model.subgraphs[0]
    graph.tensors[graph.inputs[0]].name = b"\xff\xfe in"
    path.write_bytes(flatbuffer.pack(model))
    with pytest.raises(ModelError, match="a tensor's name is no text"):
        LitertEngine(path)
