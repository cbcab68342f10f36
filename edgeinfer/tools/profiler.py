"""Profiler: LiteRT's own, through the C functions of its library; run as a process of its own.

The Python package has no word for it, but libLiteRt.so exports what its C headers say
(https://github.com/google-ai-edge/LiteRT/tree/main/litert/c). A wrong guess at a structure, or a
damaged file, ends a process without an exception: nothing but `edgeinfer.tools.profile` starts this
file. Standard input: the bytes of the input tensor. Standard output: a JSON list of runs, each of
which is a list of (name, microseconds) in the order in which the operators ran.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Iterator
from ctypes import byref, c_char_p, c_int, c_int64, c_size_t, c_uint64, c_void_p
from pathlib import Path

_CPU = 1  # kLiteRtHwAcceleratorCpu
_HOST_MEMORY = 1  # kLiteRtTensorBufferTypeHostMemory
_WRITE = 1  # kLiteRtTensorBufferLockModeWrite
_TENSOR_TYPE_BYTES = 72  # sizeof(LiteRtRankedTensorType), held by a static_assert of its header
_LAYOUT_BYTES = 68  # sizeof(LiteRtLayout), likewise
# OPERATOR_INVOKE_EVENT, and DELEGATE_PROFILED_OPERATOR_INVOKE_EVENT: what XNNPACK took over
_OPERATOR_EVENTS = (1 << 1, 1 << 3)
_SIGNATURE = c_size_t(0)


class Event(ctypes.Structure):
    """ProfiledEventData of litert_profiler_event.h; memory is three numbers in the 2.3.0 build."""

    _fields_ = (
        ("tag", c_char_p),
        ("kind", c_int),
        ("began_us", c_uint64),
        ("elapsed_us", c_uint64),
        ("memory_before", c_int64 * 3),
        ("memory_after", c_int64 * 3),
        ("metadata", c_uint64 * 2),
        ("source", c_int),
    )


class Library:
    """Calls by name; a status other than 0 ends the process."""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))

    def call(self, name: str, *arguments: object) -> None:
        status = getattr(self._library, f"LiteRt{name}")(*arguments)
        if status != 0:
            sys.exit(f"LiteRt{name}: status {status}")

    def get(self, name: str, *arguments: object) -> c_void_p:
        """The object that a call gives through its last argument."""
        found = c_void_p()
        self.call(name, *arguments, byref(found))
        return found

    def count(self, name: str, *arguments: object) -> int:
        found = c_size_t()
        self.call(name, *arguments, byref(found))
        return found.value


class Options:
    """What the model is compiled with. Each is a text in TOML, which must outlive the options."""

    def __init__(self, library: Library, threads: int) -> None:
        self._texts = {
            b"runtime_options_string": ctypes.create_string_buffer(b"enable_profiling = true\n"),
            b"xnnpack": ctypes.create_string_buffer(f"num_threads = {threads}\n".encode()),
        }
        self._keep = ctypes.CFUNCTYPE(None, c_void_p)(lambda _: None)
        self.handle = library.get("CreateOptions")
        library.call("SetOptionsHardwareAccelerators", self.handle, _CPU)
        for name, text in self._texts.items():
            data = ctypes.cast(text, c_void_p)
            option = library.get("CreateOpaqueOptions", c_char_p(name), data, self._keep)
            library.call("AddOpaqueOptions", self.handle, option)


class Profiled:
    """A model that is compiled with its profiler."""

    def __init__(self, library: Library, path: Path, threads: int) -> None:
        self._library = library
        self._options = Options(library, threads)
        self._environment = library.get("CreateEnvironment", 0, None)
        name = c_char_p(str(path).encode())
        model = library.get("CreateModelFromFile", self._environment, name)
        self._compiled = library.get(
            "CreateCompiledModel", self._environment, model, self._options.handle
        )
        self._profiler = library.get("CompiledModelGetProfiler", self._compiled)
        self._signature = library.get("GetModelSignature", model, _SIGNATURE)
        self._fix_output_shapes()
        self._inputs = list(self._buffers("Input"))
        self._outputs = list(self._buffers("Output"))

    def _fix_output_shapes(self) -> None:
        """Those of a detector are known only when its tensors are allocated; buffers need them."""
        count = self._library.count("GetNumSignatureOutputs", self._signature)
        layouts = (ctypes.c_ubyte * (_LAYOUT_BYTES * count))()
        self._library.call(
            "GetCompiledModelOutputTensorLayouts",
            *(self._compiled, _SIGNATURE, c_size_t(count), layouts, ctypes.c_bool(True)),
        )

    def _buffers(self, side: str) -> Iterator[c_void_p]:
        library = self._library
        for number in range(library.count(f"GetNumSignature{side}s", self._signature)):
            index = c_size_t(number)
            tensor = library.get(f"GetSignature{side}TensorByIndex", self._signature, index)
            kind = (ctypes.c_ubyte * _TENSOR_TYPE_BYTES)()
            library.call("GetRankedTensorType", tensor, kind)
            needs = library.get(
                f"GetCompiledModel{side}BufferRequirements", self._compiled, _SIGNATURE, index
            )
            size = c_size_t(library.count("GetTensorBufferRequirementsBufferSize", needs))
            yield library.get(
                "CreateManagedTensorBuffer", self._environment, _HOST_MEMORY, kind, size
            )

    def feed(self, data: bytes) -> None:
        (buffer,) = self._inputs
        size = self._library.count("GetTensorBufferPackedSize", buffer)
        if size != len(data):
            sys.exit(f"the input takes {size} bytes, not {len(data)}")
        address = c_void_p()
        self._library.call("LockTensorBuffer", buffer, byref(address), _WRITE)
        ctypes.memmove(address, data, size)
        self._library.call("UnlockTensorBuffer", buffer)

    def run(self) -> list[tuple[str, int]]:
        """One invoke: its operators in their order, with what each took in microseconds."""
        library, profiler = self._library, self._profiler
        library.call("ResetProfiler", profiler)
        library.call("StartProfiler", profiler)
        self._invoke()
        library.call("StopProfiler", profiler)
        count = c_int()
        library.call("GetNumProfilerEvents", profiler, byref(count))
        events = (Event * count.value)()
        library.call("GetProfilerEvents", profiler, count, events)
        return [
            (event.tag.decode(), event.elapsed_us)
            for event in events
            if event.kind in _OPERATOR_EVENTS
        ]

    def _invoke(self) -> None:
        inputs = (c_void_p * len(self._inputs))(*self._inputs)
        outputs = (c_void_p * len(self._outputs))(*self._outputs)
        self._library.call(
            "RunCompiledModel",
            *(self._compiled, _SIGNATURE),
            *(c_size_t(len(inputs)), inputs, c_size_t(len(outputs)), outputs),
        )


def _main() -> None:
    library, path, threads, warm_ups, runs = sys.argv[1:]
    profiled = Profiled(Library(Path(library)), Path(path), int(threads))
    profiled.feed(sys.stdin.buffer.read())
    for _ in range(int(warm_ups)):
        profiled.run()
    print(json.dumps([profiled.run() for _ in range(int(runs))]), flush=True)  # noqa: T201


if __name__ == "__main__":
    _main()
