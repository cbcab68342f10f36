"""The LiteRT (TFLite) interpreter, on the CPU or with a delegate such as the Edge TPU's.

Facts behind the choices, measured with ai-edge-litert 2.3.0: `Interpreter.invoke` releases the GIL
(`CompiledModel.run` does not); `get_*_details()` costs 11 µs, so it is called once; a view of a
tensor that is held over an invoke is an error, so outputs are copied; threads beyond the cores that
the process may use make an invoke up to 80 times slower.
"""

from __future__ import annotations

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
from edgeinfer.engines import delegate as delegates
from edgeinfer.engines.delegate import reason
from edgeinfer.errors import EngineError, ModelError

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
        self._where = f"delegate {delegate}" if delegate else str(path)
        runtime = _runtime()
        loaded = [delegates.load(runtime, delegate, delegate_options or {})] if delegate else []
        with _quiet_native():
            try:
                self._interpreter = _load(runtime, path, self.threads, loaded, kernels)
                self._interpreter.allocate_tensors()
            except ModelError:
                raise
            except (RuntimeError, ValueError) as error:
                raise delegates.cannot_run(path, delegate, error) from error
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
            raise EngineError(f"{self._where}: invoke failed: {reason(error)}") from error

    def invoke(self) -> None:
        """Once more on the input of the last `run`, with nothing copied: what a benchmark times.

        Raises: EngineError: the interpreter or its delegate gave up.
        """
        try:
            self._interpreter.invoke()
        except RuntimeError as error:
            raise EngineError(f"{self._where}: invoke failed: {reason(error)}") from error


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
    except ValueError as error:
        what = f"not a TFLite model, or a damaged one: {reason(error)}"
        raise ModelError(f"{path}: {what}; pull or copy it again") from error


def _resolver(runtime: ModuleType, kernels: Kernels) -> Any:
    """With the default one XNNPACK takes what it can; it is a delegate that nobody asked for."""
    types = runtime.OpResolverType
    return types.AUTO if kernels == "default" else types.BUILTIN_WITHOUT_DEFAULT_DELEGATES


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
