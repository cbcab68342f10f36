"""The network of the demo's detector: depthwise separable layers and an SSD head of five grids.

Channels and blocks are chosen for a file under 400 KB. Each convolution can be folded (batch norm
into its weights) and then rounded, so that training sees what 8 bits will make of it.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from layout import BOX_RANGE, CLASSES, GRIDS_PX, LOGIT_RANGE, STAGES, STEM
from torch import Tensor, nn
from torch.nn import functional

_PRIOR = -4.0  # logit at the start: of a hundred anchors one or two hold something
_HIDDEN_RANGE = (0.0, 6.0)  # what a ReLU6 gives


class Conv(nn.Module):
    """Convolution, batch norm and ReLU6; with `values` neither of the two, but outputs in them."""

    def __init__(  # noqa: PLR0913 - what a convolution is
        self,
        inputs: int,
        outputs: int,
        kernel: int = 1,
        stride: int = 1,
        *,
        groups: int = 1,
        values: tuple[float, float] | None = None,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=bool(values))
        self.norm: nn.Module = nn.Identity() if values else nn.BatchNorm2d(outputs)
        self.activation = "NONE" if values else "RELU6"
        self.values = values or _HIDDEN_RANGE
        self.rounds = False

    def forward(self, pixels: Tensor) -> Tensor:
        weight = rounded_weights(self.conv.weight) if self.rounds else self.conv.weight
        stride, groups = self.conv.stride, self.conv.groups
        padded = same(pixels, weight.shape[-1], stride[0])
        output = self.norm(functional.conv2d(padded, weight, self.conv.bias, stride, 0, 1, groups))
        if self.activation == "RELU6":
            output = functional.relu6(output)
        return rounded(output, *self.values) if self.rounds else output

    def fold(self) -> None:
        """The batch norm becomes a part of weights and biases."""
        if isinstance(self.norm, nn.BatchNorm2d):
            norm = self.norm
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            with torch.no_grad():
                self.conv.weight *= scale[:, None, None, None]
                self.conv.bias = nn.Parameter(norm.bias - norm.running_mean * scale)
            self.norm = nn.Identity()


class Separable(nn.Sequential):
    """3x3 on each channel alone, then 1x1 over all."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__(Conv(inputs, inputs, 3, stride, groups=inputs), Conv(inputs, outputs))


class Head(nn.Module):
    """Box encodings and class logits of one grid."""

    def __init__(self, channels: int, anchors: int) -> None:
        super().__init__()
        self.filter = Conv(channels, channels, 3, groups=channels)
        self.boxes = Conv(channels, anchors * 4, values=BOX_RANGE)
        self.logits = Conv(channels, anchors * len(CLASSES), values=LOGIT_RANGE)
        for layer in (self.boxes, self.logits):
            nn.init.normal_(layer.conv.weight, std=0.01)
        nn.init.constant_(self.logits.conv.bias, _PRIOR)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        filtered = self.filter(features)
        return rows(self.boxes(filtered), 4), rows(self.logits(filtered), len(CLASSES))


class Detector(nn.Module):
    """Pictures (N, 3, height, width) from -1 to 1 to (N, anchors, 4) and (N, anchors, classes)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv(3, STEM, 3, 2)
        self.stages = nn.ModuleList()
        inputs = STEM
        for channels, blocks in STAGES:
            later = [Separable(channels, channels) for _ in range(blocks - 1)]
            self.stages.append(nn.Sequential(Separable(inputs, channels, stride=2), *later))
            inputs = channels
        self.heads = nn.ModuleList(
            Head(channels, len(shapes))
            for (channels, _), (_, shapes) in zip(STAGES, GRIDS_PX, strict=True)
        )

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        features = self.stem(pixels)
        boxes, logits = [], []
        for stage, head in zip(self.stages, self.heads, strict=True):
            features = stage(features)
            found = head(features)
            boxes.append(found[0])
            logits.append(found[1])
        return torch.cat(boxes, 1), torch.cat(logits, 1)

    def convolutions(self) -> Iterator[Conv]:
        """In the order in which they run, each head after its stage."""
        yield self.stem
        for stage, head in zip(self.stages, self.heads, strict=True):
            yield from _convolutions(stage)
            yield from _convolutions(head)

    def fold(self) -> None:
        """From here on there is no batch norm, and every convolution rounds as 8 bits do."""
        for layer in self.convolutions():
            layer.fold()
            layer.rounds = True


def same(pixels: Tensor, kernel: int, stride: int) -> Tensor:
    """Padded as TFLite's SAME: what is odd comes at the end."""
    across, down = (
        max((-(-size // stride) - 1) * stride + kernel - size, 0) for size in pixels.shape[:1:-1]
    )
    return functional.pad(pixels, (across // 2, across - across // 2, down // 2, down - down // 2))


def rows(tensor: Tensor, columns: int) -> Tensor:
    """(N, anchors of a cell * columns, height, width) to (N, anchors, columns)."""
    return tensor.permute(0, 2, 3, 1).reshape(tensor.shape[0], -1, columns)


def rounded(tensor: Tensor, low: float, high: float) -> Tensor:
    """To 256 steps; the gradient passes as if nothing was done."""
    scale = (high - low) / 255
    zero_point = round(-low / scale)
    codes = torch.clamp(torch.round(tensor / scale) + zero_point, 0, 255)
    clipped = torch.clamp(tensor, low, high)
    return clipped + ((codes - zero_point) * scale - clipped).detach()


def rounded_weights(weight: Tensor) -> Tensor:
    """To 255 steps, each output channel with a scale of its own."""
    scale = weight.detach().abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-8) / 127
    return weight + (torch.round(weight / scale) * scale - weight).detach()


def _convolutions(module: nn.Module) -> Iterator[Conv]:
    return (layer for layer in module.modules() if isinstance(layer, Conv))
