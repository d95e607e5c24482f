"""What a network costs: its parameters, and its multiply-adds for one picture."""

from typing import NamedTuple

import torch
from torch.utils.flop_counter import FlopCounterMode

from reprolib.networks.aligned_reid import AlignedReID
from reprolib.settings import Network


class Cost(NamedTuple):
    """What a network costs for one picture, and the shape of its feature map.

    `map: (C, H, W)`; its H rows become the H stripes.
    """

    parameters: int
    multiply_adds: int
    map: tuple[int, int, int]


def cost(settings: Network, identities: int, size: tuple[int, int]) -> Cost:
    """Count a network's parameters and its multiply-adds for a picture of `size`.

    Nothing is computed: the network lives on torch's "meta" device. torch's counter
    takes the convolutions and the linear layers, two operations a multiply-add; batch
    normalisation, ReLU and pooling are left out, as is usual. Chapter 3.
    """
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        network = AlignedReID(settings, identities).eval()
        picture = torch.empty(1, 3, *size)
        network(picture)
        operations = counter.get_total_flops()
        shape = tuple(network.backbone(picture).shape[1:])
    parameters = sum(p.numel() for p in network.parameters())
    return Cost(parameters, operations // 2, shape)
