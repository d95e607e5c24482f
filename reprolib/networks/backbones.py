"""The backbones: ResNet-18, ResNet-50 and ResNet-50-X, and weights to start from."""

from collections.abc import Mapping
from pickle import UnpicklingError

import torch
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck

from reprolib.errors import ReproError
from reprolib.settings import Network


class XceptionCell(nn.Sequential):
    """A 3x3 convolution of each channel by itself, then a 1x1 that mixes them.

    `(N, C, H, W)` -> `(N, C, H/stride, W/stride)`, nothing between the two. It has
    9C + C^2 weights where a 3x3 convolution has 9C^2. Taught in chapter 3.
    """

    def __init__(self, channels: int, stride: int):
        super().__init__(
            nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False),
            nn.Conv2d(channels, channels, 1, bias=False),
        )


class XceptionBottleneck(Bottleneck):
    """The block of ResNet-50-X: a bottleneck whose 3x3 is an `XceptionCell`."""

    def __init__(self, inplanes: int, planes: int, stride: int = 1, downsample=None):
        super().__init__(inplanes, planes, stride, downsample)
        self.conv2 = XceptionCell(planes, stride)


BACKBONES = {
    "resnet18": (BasicBlock, (2, 2, 2, 2)),
    "resnet50": (Bottleneck, (3, 4, 6, 3)),
    "resnet50x": (XceptionBottleneck, (3, 4, 6, 3)),
}


class ResNet(nn.Module):
    """torchvision's ResNet without its head, of any width and up to four stages.

    `images: (N, 3, H, W)` float -> `(N, channels * 2**(stages-1) * expansion, h, w)`.
    With `channels=64` the parameter names are torchvision's, so its weights load.
    `first_stride="1x1"` is the ResNet of 2015, which strides on the first 1x1
    convolution of a stage; `"3x3"` is torchvision's. ResNet-18 has no 1x1 to choose:
    its blocks stride on their first 3x3 in any case. Chapter 3.
    """

    def __init__(
        self,
        name: str,
        channels: int = 64,
        stages: int = 4,
        last_stride: int = 2,
        first_stride: str = "3x3",
    ):
        super().__init__()
        block, depths = BACKBONES[name]
        self.conv1 = nn.Conv2d(3, channels, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.stages, self.channels_out = stages, channels
        self.first_stride = first_stride
        for stage in range(stages):
            last = stage == stages - 1
            stride = 1 if stage == 0 else last_stride if last else 2
            blocks = self._stage(block, depths[stage], channels * 2**stage, stride)
            setattr(self, f"layer{stage + 1}", blocks)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                # torch counts the fan-out over all groups, too large for a depthwise.
                mode = "fan_out" if module.groups == 1 else "fan_in"
                nn.init.kaiming_normal_(module.weight, mode=mode)

    def _stage(self, block, depth: int, planes: int, stride: int) -> nn.Sequential:
        out = planes * block.expansion
        shortcut = None
        if stride != 1 or self.channels_out != out:
            shortcut = nn.Sequential(
                nn.Conv2d(self.channels_out, out, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out),
            )
        own = 1 if self.first_stride == "1x1" else stride
        blocks = [block(self.channels_out, planes, own, shortcut)]
        if self.first_stride == "1x1":
            blocks[0].conv1.stride = (stride, stride)
        blocks += [block(out, planes) for _ in range(depth - 1)]
        self.channels_out = out
        return nn.Sequential(*blocks)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        # The ReLU comes after the pooling: the same numbers, from a quarter of the map.
        x = self.relu(self.maxpool(self.bn1(self.conv1(images))))
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return x


def load_weights(backbone: ResNet, settings: Network) -> None:
    """Fill `backbone` with `settings.weights`: "imagenet" or the path of a state dict.

    "imagenet" is torchvision's download (`IMAGENET1K_V1`, of the paper's time). A file
    holds a state dict in the backbone's own names, of any floating type; a classifier
    `fc` and stages that the backbone lacks are passed over. Raises `ReproError` if the
    weights cannot be had, belong to another variant or do not fit. Chapter 3.
    """
    imagenet = settings.weights == "imagenet"
    state = _published(settings) if imagenet else _from_file(settings.weights)
    later = tuple(f"layer{k}." for k in range(backbone.stages + 1, 5))
    state = {k: v for k, v in state.items() if not k.startswith(("fc.", *later))}
    own = backbone.state_dict()
    wanted = {k: v.shape for k, v in own.items() if "num_batches" not in k}
    found = {k: v.shape for k, v in state.items() if "num_batches" not in k}
    wrong = [
        f"{k} is {_shape(found.get(k))} instead of {_shape(wanted.get(k))}"
        for k in {**wanted, **found}
        if wanted.get(k) != found.get(k)
    ]
    if wrong:
        raise ReproError(
            f"weights = {settings.weights!r}: {len(wrong)} tensors do not fit, the "
            f"first: {wrong[0]}; expected a state dict of {settings.backbone} with "
            f"channels = {backbone.conv1.out_channels} (ImageNet's have 64)."
        )
    backbone.load_state_dict(state, strict=False)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _shape(size: torch.Size | None) -> str:
    return "absent" if size is None else " x ".join(map(str, size))


def _published(settings: Network) -> Mapping[str, torch.Tensor]:
    """torchvision's ImageNet weights, downloaded once, checked by their hash."""
    name = settings.backbone
    if name == "resnet50x":
        raise ReproError(
            "weights = 'imagenet': nobody has published ImageNet weights of "
            "resnet50x; expected weights = '' (random) or the path of a state dict."
        )
    if name == "resnet50" and settings.first_stride == "1x1":
        raise ReproError(
            "weights = 'imagenet': torchvision's ResNet-50 was trained with "
            "first_stride = '3x3', and '1x1' was asked for; change it, or give "
            "the path of a state dict that was trained with the stride on the 1x1."
        )
    weights = torchvision.models.get_model_weights(name).IMAGENET1K_V1
    try:
        return weights.get_state_dict(progress=False, check_hash=True)
    except (OSError, RuntimeError) as error:
        raise ReproError(
            f"weights = 'imagenet': {weights.url} could not be had whole ({error}); "
            f"expected a connection, or the file in {torch.hub.get_dir()}/checkpoints. "
            "Or give the path of a state dict as weights."
        ) from error


def _from_file(path: str) -> Mapping[str, torch.Tensor]:
    try:
        state = torch.load(path, "cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, UnpicklingError) as error:
        raise ReproError(
            f"weights = {path!r} cannot be read ({_first_line(error)}); "
            "expected a file that torch.save wrote, with nothing but tensors in it."
        ) from error
    tensors = isinstance(state, Mapping) and state.values()
    if not tensors or not all(isinstance(t, torch.Tensor) for t in tensors):
        raise ReproError(
            f"weights = {path!r} holds no state dict; expected tensors by name."
        )
    return state
