"""The AlignedReID network: a ResNet, a global branch and a local branch of stripes."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck

from reprolib.data.pictures import normalise
from reprolib.errors import ReproError
from reprolib.profiles import Settings

BACKBONES = {
    "resnet18": (BasicBlock, (2, 2, 2, 2)),
    "resnet50": (Bottleneck, (3, 4, 6, 3)),
}


class Features(NamedTuple):
    """What the network says of N pictures. Taught in chapter 3.

    `global_: (N, C)`, `local: (N, H, c)` stripes of unit length, `logits: (N, ids)`.
    """

    global_: torch.Tensor
    local: torch.Tensor
    logits: torch.Tensor


class ResNet(nn.Module):
    """torchvision's ResNet without its head, of any width and up to four stages.

    `images: (N, 3, H, W)` float -> `(N, channels * 2**(stages-1) * expansion, h, w)`.
    With `channels=64` the parameter names are torchvision's, so its weights load.
    `first_stride="1x1"` is the ResNet of 2015, which strides on the first 1x1
    convolution of a stage; `"3x3"` is torchvision's. Chapter 3.
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
        for stage in range(stages):
            last = stage == stages - 1
            stride = 1 if stage == 0 else last_stride if last else 2
            blocks = self._stage(block, depths[stage], channels * 2**stage, stride)
            if block is Bottleneck and first_stride == "1x1":
                blocks[0].conv1.stride, blocks[0].conv2.stride = (stride,) * 2, (1, 1)
            setattr(self, f"layer{stage + 1}", blocks)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")

    def _stage(self, block, depth: int, planes: int, stride: int) -> nn.Sequential:
        out = planes * block.expansion
        shortcut = None
        if stride != 1 or self.channels_out != out:
            shortcut = nn.Sequential(
                nn.Conv2d(self.channels_out, out, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out),
            )
        blocks = [block(self.channels_out, planes, stride, shortcut)]
        blocks += [block(out, planes) for _ in range(depth - 1)]
        self.channels_out = out
        return nn.Sequential(*blocks)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return x


def local_head(layout: str, channels: int, out: int) -> nn.Sequential:
    """The 1x1 convolution of the local branch in one of the layouts in use.

    Maps `(N, channels, H, 1)` to `(N, out, H, 1)`. The paper states only the
    convolution; public codes differ in batch normalisation and ReLU. Chapter 3.
    """
    conv = nn.Conv2d(channels, out, 1)
    if layout == "conv":
        return nn.Sequential(conv)
    if layout == "conv-bn-relu":
        return nn.Sequential(conv, nn.BatchNorm2d(out), nn.ReLU())
    return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(), conv)


class AlignedReID(nn.Module):
    """Backbone, global branch, local branch and identity head. Taught in chapter 3.

    `images: (N, 3, H, W)` float, normalised -> `Features`. The local branch pools each
    row of the feature map (max or mean, the paper does not say), so that one stripe is
    left per row; its stripes are scaled to unit length, which keeps Eq. 1 of the paper
    away from its flat part.
    """

    def __init__(self, settings: Settings, identities: int):
        super().__init__()
        self.backbone = ResNet(
            settings.backbone,
            settings.channels,
            settings.stages,
            settings.last_stride,
            settings.first_stride,
        )
        channels = self.backbone.channels_out
        self.pooling = settings.horizontal_pooling
        self.local = local_head(
            settings.local_layout, channels, settings.local_channels
        )
        self.identity = nn.Linear(channels, identities)
        # Pooled features are short: a smaller start would leave the identity loss mute
        # beside the triplets.
        nn.init.normal_(self.identity.weight, std=3 / channels**0.5)
        nn.init.zeros_(self.identity.bias)

    def forward(self, images: torch.Tensor) -> Features:
        maps = self.backbone(images)
        global_ = maps.mean(dim=(2, 3))
        rows = maps.amax(3) if self.pooling == "max" else maps.mean(3)
        stripes = self.local(rows.unsqueeze(3)).squeeze(3).transpose(1, 2)
        return Features(
            global_.float(),
            F.normalize(stripes.float(), dim=2),
            self.identity(global_).float(),
        )


def build(settings: Settings, identities: int, seed: int) -> AlignedReID:
    """A network with its first weights: drawn from `seed`, or ImageNet's.

    `settings.weights` is "" (random), "imagenet" (torchvision downloads them) or the
    path of a state dict in torchvision's names. Raises `ReproError` if the file is
    missing or does not fit. Used by chapters 3 to 5.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = AlignedReID(settings, identities)
    if settings.weights:
        _load_backbone(network.backbone, settings)
    return network.to(memory_format=torch.channels_last)


def _load_backbone(backbone: ResNet, settings: Settings) -> None:
    try:
        if settings.weights == "imagenet":
            weights = torchvision.models.get_model_weights(settings.backbone).DEFAULT
            state = weights.get_state_dict(progress=True, check_hash=True)
        else:
            state = torch.load(settings.weights, "cpu", weights_only=True)
        state = {k: v for k, v in state.items() if not k.startswith("fc.")}
        missing, unknown = backbone.load_state_dict(state, strict=False)
    except (OSError, RuntimeError) as error:
        raise ReproError(
            f"weights = {settings.weights!r} cannot be used ({error}); expected "
            f"ImageNet weights of {settings.backbone} in torchvision's names, "
            "with channels = 64."
        ) from error
    lost = [k for k in missing if "num_batches" not in k]
    if lost or (unknown and settings.stages == 4):
        raise ReproError(
            f"weights = {settings.weights!r}: {len(lost)} tensors are missing and "
            f"{len(unknown)} unknown, first {(lost + list(unknown))[0]!r}; expected "
            f"the state dict of {settings.backbone}."
        )


@torch.inference_mode()
def embed(
    network: AlignedReID, images: torch.Tensor, batch: int = 128
) -> tuple[torch.Tensor, torch.Tensor]:
    """Features for matching: global `(N, C)` and local `(N, H, c)`, both unit length.

    `images: (N, 3, H, W)` uint8. Runs where the network is, in evaluation mode.
    Taught in chapter 4.
    """
    was_training = network.training
    network.eval()
    device = next(network.parameters()).device
    parts = []
    for some in images.split(batch):
        x = normalise(some.to(device)).contiguous(memory_format=torch.channels_last)
        features = network(x)
        parts.append((F.normalize(features.global_).cpu(), features.local.cpu()))
    network.train(was_training)
    return torch.cat([g for g, _ in parts]), torch.cat([local for _, local in parts])
