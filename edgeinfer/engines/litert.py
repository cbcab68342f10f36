"""The LiteRT (TFLite) interpreter, on the CPU or with a delegate such as the Edge TPU's.

Facts behind the choices, measured with ai-edge-litert 2.3.0: `Interpreter.invoke` releases the GIL
(`CompiledModel.run` does not); `get_*_details()` costs 11 µs, so it is called once; a view of a
tensor that is held over an invoke is an error, so outputs are copied; threads beyond the cores that
the process may use make an invoke up to 80 times slower.
"""

from __future__ import annotations

import ctypes
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np

from edgeinfer.core.tensor import Array, TensorSpec
from edgeinfer.errors import EngineError, ModelError

_DELEGATE_ENTRY = "tflite_plugin_create_delegate"  # what every external delegate exports
_EDGE_TPU_OPERATOR = "edgetpu-custom-op"

Kernels = Literal["default", "builtin"]
"""`default`: XNNPACK's wherever it has one; `builtin`: TFLite's own alone."""

_log = logging.getLogger(__name__)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def thread_count(asked: int | None) -> int:
    """Threads for the interpreter: by default all cores but one, which captures."""
    return min(asked, cores()) if asked else max(1, cores() - 1)


class LitertEngine:
    """One model, loaded and ready.

    Raises: ModelError: the file is no model, or it needs an operator that is not here.
    Raises: EngineError: no interpreter is installed, or the delegate does not work.
    """

    def __init__(
        self,
        path: Path,
        threads: int | None = None,
        delegate: str | None = None,
        delegate_options: Mapping[str, str] | None = None,
        kernels: Kernels = "default",
    ) -> None:
        self.threads = thread_count(threads)
        self.accelerated = delegate is not None
        runtime = _runtime()
        delegates = [_delegate(runtime, delegate, delegate_options or {})] if delegate else []
        with _quiet_native():
            self._interpreter = _load(runtime, path, self.threads, delegates, kernels)
            _allocate(self._interpreter, path, delegate)
        try:
            self._read_details(path)
        except UnicodeDecodeError as error:
            raise ModelError(f"{path}: a tensor's name is no text; is the file damaged?") from error

    def _read_details(self, path: Path) -> None:
        inputs = self._interpreter.get_input_details()
        if len(inputs) != 1:
            raise ModelError(f"{path}: has {len(inputs)} inputs; only models with one are run")
        outputs = self._interpreter.get_output_details()
        names = _signature_names(self._interpreter)
        self.input = _spec(inputs[0], names)
        self.outputs = tuple(_spec(detail, names) for detail in outputs)
        self._input_index = inputs[0]["index"]
        self._output_indices = [detail["index"] for detail in outputs]
        _log.debug("%s: %s, %d threads, input %s", path, runtime_name(), self.threads, self.input)

    def run(self, tensor: Array) -> Sequence[Array]:
        """Input tensor in, output tensors out, in the model's order; each is a fresh copy.

        Raises: EngineError: the interpreter or its delegate gave up.
        """
        interpreter = self._interpreter
        try:
            interpreter.set_tensor(self._input_index, tensor)
            interpreter.invoke()
            return [interpreter.get_tensor(index) for index in self._output_indices]
        except (RuntimeError, ValueError) as error:
            raise EngineError(f"invoke failed: {_first_line(error)}") from error

    def invoke(self) -> None:
        """Once more on the input of the last `run`, with nothing copied: what a benchmark times.

        Raises: EngineError: the interpreter or its delegate gave up.
        """
        try:
            self._interpreter.invoke()
        except RuntimeError as error:
            raise EngineError(f"invoke failed: {_first_line(error)}") from error


def runtime_name() -> str:
    """The interpreter that is installed, with its version, as in "ai-edge-litert 2.3.0".

    Raises: EngineError: there is none.
    """
    package = _runtime().__name__.partition(".")[0]
    return f"{package.replace('_', '-')} {version(package.replace('_', '-'))}"


def _runtime() -> ModuleType:
    try:
        from ai_edge_litert import interpreter
    except ImportError:
        return _legacy_runtime()
    return interpreter  # type: ignore[no-any-return] # the package has no types


def _legacy_runtime() -> ModuleType:
    """tflite-runtime 2.14 was built for numpy 1: with numpy 2 it fails in the middle of a call."""
    try:
        from tflite_runtime import interpreter
    except ImportError as error:
        raise EngineError(
            "no TFLite interpreter is installed; pip install ai-edge-litert (64-bit systems)"
        ) from error
    if int(np.__version__.partition(".")[0]) >= 2:
        raise EngineError(
            f"tflite-runtime does not work with numpy {np.__version__}; "
            "pip install ai-edge-litert, or 'numpy<2'"
        )
    return interpreter  # type: ignore[no-any-return] # the package has no types


def _delegate(runtime: ModuleType, library: str, options: Mapping[str, str]) -> Any:
    """Load a delegate, having looked at the library first.

    `load_delegate` on a wrong library prints a traceback from its destructor; ctypes does not.
    """
    try:
        exports = hasattr(ctypes.CDLL(library), _DELEGATE_ENTRY)
    except OSError as error:
        raise EngineError(
            f"delegate {library}: cannot be loaded: {_first_line(error)}; "
            "install the library, or give its full path"
        ) from error
    if not exports:
        raise EngineError(f"delegate {library}: is a library, but not a TFLite delegate")
    try:
        return runtime.load_delegate(library, dict(options))
    except (ValueError, OSError, RuntimeError) as error:
        raise EngineError(
            f"delegate {library}: refused to start: {_first_line(error) or 'no reason given'}; "
            "is the device plugged in, and may this user open it?"
        ) from error


@contextmanager
def _quiet_native() -> Iterator[None]:
    """Keep the interpreter's "INFO: Created …" off standard error; it has no setting for that.

    What it says of an error comes as an exception too. With debug logging all of it is shown.
    """
    try:
        kept = os.dup(2)
    except OSError:  # it is closed: there is nothing to keep quiet
        kept = -1
    if kept < 0 or _log.isEnabledFor(logging.DEBUG):
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _load(
    runtime: ModuleType, path: Path, threads: int, delegates: list[Any], kernels: Kernels
) -> Any:
    if not path.is_file():
        raise ModelError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise ModelError(f"{path}: is empty; fetch or copy the model again")
    if os.fsencode(path).decode(errors="replace") != str(path):
        raise ModelError(f"{path!r}: a file name that is not UTF-8; rename the file")
    try:
        return runtime.Interpreter(
            model_path=str(path),
            num_threads=threads,
            experimental_delegates=delegates or None,
            experimental_op_resolver_type=_resolver(runtime, kernels),
        )
    except (ValueError, RuntimeError) as error:
        what = f"not a TFLite model, or a damaged one: {_first_line(error)}"
        raise ModelError(f"{path}: {what}; pull or copy it again") from error


def _resolver(runtime: ModuleType, kernels: Kernels) -> Any:
    """With the default one XNNPACK takes what it can; it is a delegate that nobody asked for."""
    types = runtime.OpResolverType
    return types.AUTO if kernels == "default" else types.BUILTIN_WITHOUT_DEFAULT_DELEGATES


def _allocate(interpreter: Any, path: Path, delegate: str | None) -> None:
    try:
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        reason = _first_line(error)
        if _EDGE_TPU_OPERATOR in reason and not delegate:
            raise ModelError(
                f"{path}: compiled for the Edge TPU, which runs it only through its delegate; "
                'set delegate = "libedgetpu.so.1", or take the same model for the CPU'
            ) from error
        raise ModelError(f"{path}: cannot be run here: {reason}") from error


def _signature_names(interpreter: Any) -> dict[int, str]:
    """Tensor index -> the name that the model's signature gives it."""
    names: dict[int, str] = {}
    for key in interpreter.get_signature_list():
        runner = interpreter.get_signature_runner(key)
        for details in (runner.get_input_details(), runner.get_output_details()):
            names |= {detail["index"]: name for name, detail in details.items()}
    return names


def _spec(detail: Mapping[str, Any], names: Mapping[int, str]) -> TensorSpec:
    scale, zero_point = detail["quantization"]
    return TensorSpec(
        name=names.get(detail["index"], detail["name"]),
        shape=tuple(int(size) for size in detail["shape"]),
        dtype=np.dtype(detail["dtype"]),
        scale=float(scale),
        zero_point=int(zero_point),
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
