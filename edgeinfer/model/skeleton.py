"""Skeleton: a .tflite written operator by operator, with random weights of the right type.

It costs what a trained model of the same shape costs, since a kernel's time does not depend on what
the weights are. Sizes follow He's rule (https://arxiv.org/abs/1502.01852), so that activations
neither die out nor all end at the edge of their range.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from edgeinfer.model.flatbuffer import schema
from edgeinfer.model.numbers import Array, Constant, Range, numbers
from edgeinfer.model.writer import Options, Tensor, Writer

_PIXELS = Range(-1.0, 127 / 128)  # as the MobileNets take them: 1/128 a code, zero at 128
_LINEAR = Range(-12.0, 12.0)
_SCORES = Range(0.0, 255 / 256)  # 1/256 a code: what SOFTMAX and LOGISTIC must give
_RANGES = {"NONE": _LINEAR, "RELU": Range(0.0, 6.0), "RELU6": Range(0.0, 6.0)}
_BIAS_STD = 0.1
_DESCRIPTION = "edgeinfer skeleton: random weights"
_FLOAT = np.dtype(np.float32)
_DILATION = {"dilationWFactor": 1, "dilationHFactor": 1}


class Builder:
    """Operators are added in the order in which they run; each method gives the output's tensor.

    Raises: ModelError: a number type that is not written.
    """

    def __init__(self, dtype: str, seed: int = 0, description: str = _DESCRIPTION) -> None:
        self.dtype = dtype
        self._numbers = numbers(dtype)
        self._random = np.random.default_rng(seed)
        self._writer = Writer(description)
        self._inputs: list[Tensor] = []

    def shape(self, tensor: Tensor) -> tuple[int, ...]:
        return self._writer.shape(tensor)

    def picture(self, width: int, height: int, channels: int = 3) -> Tensor:
        """The model's input."""
        self._inputs.append(self._activation((1, height, width, channels), _PIXELS))
        return self._inputs[-1]

    def conv(  # noqa: PLR0913 - what a convolution is
        self,
        tensor: Tensor,
        channels: int,
        kernel: int = 1,
        stride: int = 1,
        *,
        activation: str = "RELU6",
        bias: float = 0.0,
        gain: float = 2.0,
        values: Range | None = None,
    ) -> Tensor:
        """Padded to the same size; `values` is the range of what comes out.

        `bias` is the biases' mean; `gain` the output's variance by the input's mean square: 2 keeps
        that through a RELU6.
        """
        depth = self.shape(tensor)[-1]
        fan_in = kernel * kernel * depth
        weights = self._weights((channels, kernel, kernel, depth), 0, gain / fan_in)
        return self._operator(
            "CONV_2D",
            [tensor, weights, self._bias(tensor, weights, channels, bias)],
            (*self._strided(tensor, stride), channels),
            values or _RANGES[activation],
            ("Conv2DOptions", {**_window(stride, activation), **_DILATION}),
        )

    def depthwise(
        self, tensor: Tensor, kernel: int = 3, stride: int = 1, activation: str = "RELU6"
    ) -> Tensor:
        """Padded to the same size; one filter for each channel."""
        channels = self.shape(tensor)[-1]
        weights = self._weights((1, kernel, kernel, channels), 3, 2 / kernel**2)
        options = {**_window(stride, activation), **_DILATION, "depthMultiplier": 1}
        return self._operator(
            "DEPTHWISE_CONV_2D",
            [tensor, weights, self._bias(tensor, weights, channels)],
            (*self._strided(tensor, stride), channels),
            _RANGES[activation],
            ("DepthwiseConv2DOptions", options),
        )

    def fully_connected(self, tensor: Tensor, units: int) -> Tensor:
        """(1, …) to (1, units)."""
        depth = math.prod(self.shape(tensor))
        weights = self._weights((units, depth), 0, 2 / depth)
        inputs = [tensor, weights, self._bias(tensor, weights, units)]
        options: Options = ("FullyConnectedOptions", {})
        return self._operator("FULLY_CONNECTED", inputs, (1, units), _LINEAR, options)

    def add(self, first: Tensor, second: Tensor) -> Tensor:
        shape = self.shape(first)
        return self._operator("ADD", [first, second], shape, _LINEAR, ("AddOptions", {}))

    def average_pool(self, tensor: Tensor, stride: int = 1) -> Tensor:
        """The mean of the whole picture, so a stride says nothing; files have 1 or 2."""
        _, height, width, channels = self.shape(tensor)
        window = {"filterWidth": width, "filterHeight": height, "padding": schema.Padding.VALID}
        options = ("Pool2DOptions", {**_window(stride, "NONE"), **window})
        return self._alike("AVERAGE_POOL_2D", [tensor], (1, 1, 1, channels), options)

    def reshape(self, tensor: Tensor, shape: Sequence[int]) -> Tensor:
        wanted = np.array(shape, np.int32)
        inputs = [tensor, self._writer.constant(Constant(wanted, None))]
        return self._alike("RESHAPE", inputs, shape, ("ReshapeOptions", {"newShape": wanted}))

    def concatenation(self, tensors: Sequence[Tensor], axis: int, values: Range) -> Tensor:
        """int8 tensors must all have the output's `values`: only uint8 is rescaled on the way."""
        shape = list(self.shape(tensors[0]))
        shape[axis] = sum(self.shape(tensor)[axis] for tensor in tensors)
        options = ("ConcatenationOptions", {"axis": axis})
        return self._operator("CONCATENATION", tensors, shape, values, options)

    def softmax(self, tensor: Tensor) -> Tensor:
        options = ("SoftmaxOptions", {"beta": 1.0})
        return self._operator("SOFTMAX", [tensor], self.shape(tensor), _SCORES, options)

    def logistic(self, tensor: Tensor) -> Tensor:
        return self._operator("LOGISTIC", [tensor], self.shape(tensor), _SCORES)

    def dequantize(self, tensor: Tensor) -> Tensor:
        """8 bits to float."""
        output = self._writer.tensor(self.shape(tensor), _FLOAT, None)
        version = self._numbers.versions.get("DEQUANTIZE", 1)
        self._writer.operator("DEQUANTIZE", version, [tensor], [output])
        return output

    def constant(self, table: Array, values: Range | None = None) -> Tensor:
        """Numbers in the file: in the model's type where `values` is their range, else float."""
        quantization = None if values is None else self._numbers.activation(values)
        if quantization is None:
            return self._writer.constant(Constant(table.astype(_FLOAT), None))
        codes = np.round(table / quantization.scales) + quantization.zero_points
        return self._writer.constant(Constant(codes.astype(self._numbers.dtype), quantization))

    def custom(
        self, name: str, inputs: Sequence[Tensor], outputs: int, options: Mapping[str, object]
    ) -> list[Tensor]:
        """An operator of that name; its outputs are floats, with shapes that it alone knows.

        They are called after it, as the converter calls them: NAME, NAME:1 and so on.
        """
        names = [name, *(f"{name}:{number}" for number in range(1, outputs))]
        tensors = [self._writer.tensor((), _FLOAT, None, each) for each in names]
        self._writer.custom_operator(name, inputs, tensors, options)
        return tensors

    def build(self, outputs: Sequence[Tensor]) -> bytes:
        """The file; its outputs are those tensors."""
        return self._writer.pack(self._inputs, outputs)

    def _activation(self, shape: Sequence[int], values: Range) -> Tensor:
        quantization = self._numbers.activation(values)
        return self._writer.tensor(shape, self._numbers.dtype, quantization)

    def _weights(self, shape: tuple[int, ...], axis: int, variance: float) -> Tensor:
        std = math.sqrt(variance)
        return self._writer.constant(self._numbers.weights(self._random, shape, axis, std))

    def _bias(self, tensor: Tensor, weights: Tensor, channels: int, mean: float = 0.0) -> Tensor:
        values: Array = self._random.normal(mean, _BIAS_STD, channels)
        quantizations = self._writer.quantization(tensor), self._writer.quantization(weights)
        return self._writer.constant(self._numbers.bias(values, *quantizations))

    def _strided(self, tensor: Tensor, stride: int) -> tuple[int, int, int]:
        _, height, width, _ = self.shape(tensor)
        return 1, math.ceil(height / stride), math.ceil(width / stride)

    def _operator(
        self,
        name: str,
        inputs: Sequence[Tensor],
        shape: Sequence[int],
        values: Range,
        options: Options | None = None,
    ) -> Tensor:
        output = self._activation(shape, values)
        version = self._numbers.versions.get(name, 1)
        self._writer.operator(name, version, inputs, [output], options)
        return output

    def _alike(
        self, name: str, inputs: Sequence[Tensor], shape: Sequence[int], options: Options
    ) -> Tensor:
        """An operator whose output has its input's scale."""
        quantization = self._writer.quantization(inputs[0])
        output = self._writer.tensor(shape, self._numbers.dtype, quantization)
        version = self._numbers.versions.get(name, 1)
        self._writer.operator(name, version, inputs, [output], options)
        return output


def conv_stack(dtype: str, size: int = 32, channels: int = 256, layers: int = 4) -> bytes:
    """Nothing but convolutions of 3x3, whose GMAC/s is the most that a machine gives in this type.

    Raises: ModelError: a number type that is not written.
    """
    builder = Builder(dtype)
    tensor = builder.picture(size, size, channels)
    for _ in range(layers):
        tensor = builder.conv(tensor, channels, kernel=3)
    return builder.build([tensor])


def _window(stride: int, activation: str) -> dict[str, int]:
    fused = getattr(schema.ActivationFunctionType, activation)
    return {"strideW": stride, "strideH": stride, "fusedActivationFunction": fused}
