"""The AlignedReID network: a ResNet, a global branch and a local branch of stripes."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from reprolib.data.pictures import normalise
from reprolib.networks.backbones import ResNet, load_weights
from reprolib.settings import Network

POOL = {"max": torch.amax, "mean": torch.mean}
# oneDNN's AVX2 kernel for the backward pass of a channels-last 1x1 convolution with
# stride 2 writes past its memory where fewer channels than this come in
# (`python tests/onednn_channels.py` shows it).
SAFE_CHANNELS = 8


class Features(NamedTuple):
    """What the network says of N pictures. Taught in chapter 3.

    `global_: (N, C)`, `local: (N, H, c)` stripes, `logits: (N, ids)`. Whether global
    features and stripes have unit length is a setting each.
    """

    global_: torch.Tensor
    local: torch.Tensor
    logits: torch.Tensor


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

    `images: (N, 3, H, W)` float, normalised -> `Features`. What the paper does not say
    (both poolings, batch normalisation and ReLU in the local branch, unit length of
    global features and stripes) are settings.
    """

    def __init__(self, settings: Network, identities: int):
        super().__init__()
        self.settings = settings
        self.backbone = ResNet(
            settings.backbone,
            settings.channels,
            settings.stages,
            settings.last_stride,
            settings.first_stride,
        )
        channels = self.backbone.channels_out
        self.local = local_head(
            settings.local_layout, channels, settings.local_channels
        )
        self.format = memory_format(self.backbone)
        self.norm = self.stripe_norm = None
        if settings.batch_norm != "none":
            self.norm = nn.BatchNorm1d(channels, affine=False)
        if settings.batch_norm == "features":
            # A stripe is told from the same stripe of others, so none can collapse.
            each = settings.stripes * settings.local_channels
            self.stripe_norm = nn.BatchNorm1d(each, affine=False)
        self.identity = nn.Linear(channels, identities)
        if settings.head_start == "wide":
            nn.init.normal_(self.identity.weight, std=3 / channels**0.5)
            nn.init.zeros_(self.identity.bias)

    def forward(self, images: torch.Tensor) -> Features:
        maps = self.backbone(images)
        pooled = self.pooled(maps)
        seen = self.norm(pooled) if self.norm else pooled
        kept = seen if self.settings.batch_norm == "features" else pooled
        global_, logits = kept.float(), self.identity(seen).float()
        if self.settings.normalise_global:
            global_ = F.normalize(global_)
        return Features(global_, self.stripes(maps), logits)

    def pooled(self, maps: torch.Tensor) -> torch.Tensor:
        """The global branch: `maps: (N, C, H, W)` pooled over both -> `(N, C)`."""
        return POOL[self.settings.global_pooling](maps, dim=(2, 3))

    def stripes(self, maps: torch.Tensor) -> torch.Tensor:
        """The local branch: `maps: (N, C, H, W)` -> one stripe a row, `(N, H, c)`."""
        rows = POOL[self.settings.horizontal_pooling](maps, dim=3)
        rows = F.adaptive_avg_pool1d(rows, self.settings.stripes)
        thin = self.local(rows.unsqueeze(3)).squeeze(3)
        if self.stripe_norm:
            thin = self.stripe_norm(thin.flatten(1)).view_as(thin)
        stripes = thin.transpose(1, 2).float()
        if self.settings.normalise_stripes:
            # Keeps Eq. 1 of the paper away from its flat part.
            stripes = F.normalize(stripes, dim=2)
        return stripes

    def prepare(self, images: torch.Tensor) -> torch.Tensor:
        """`(N, 3, H, W)` uint8 as `forward` wants it: normalised, on its device."""
        device = next(self.parameters()).device
        return normalise(images.to(device)).contiguous(memory_format=self.format)


def memory_format(backbone: nn.Module) -> torch.memory_format:
    """Channels last, which is faster, unless a narrow 1x1 convolution has a stride.

    Such a one crashes on processors without AVX-512: see `SAFE_CHANNELS`.
    """
    narrow = any(
        isinstance(m, nn.Conv2d)
        and m.kernel_size == (1, 1)
        and m.stride != (1, 1)
        and m.in_channels < SAFE_CHANNELS
        for m in backbone.modules()
    )
    return torch.contiguous_format if narrow else torch.channels_last


def build(settings: Network, identities: int, seed: int) -> AlignedReID:
    """A network with its first weights: drawn from `seed`, or ImageNet's.

    `settings.weights` is "" (random), "imagenet" (torchvision downloads them) or the
    path of a state dict in torchvision's names. Raises `ReproError` if they cannot be
    had or do not fit. Used by chapters 3 to 5.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = AlignedReID(settings, identities)
    if settings.weights:
        load_weights(network.backbone, settings)
    return network.to(memory_format=network.format)
