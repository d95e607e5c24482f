"""The network against torchvision's, and its branches against plain arithmetic."""

from dataclasses import replace

import pytest
import torch
import torchvision

from reprolib import profiles
from reprolib.errors import ReproError
from reprolib.networks import ResNet, build, embed

SMOKE = profiles.settings("smoke")
PAPER = replace(profiles.settings("paper"), weights="")


def images(count=4, height=112, width=56, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 3, height, width, generator=generator)


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_the_backbone_is_torchvisions_when_it_has_its_width(name):
    torch.manual_seed(1)
    theirs = getattr(torchvision.models, name)(weights=None).eval()
    ours = ResNet(name).eval()
    state = {k: v for k, v in theirs.state_dict().items() if not k.startswith("fc.")}
    ours.load_state_dict(state)
    theirs.avgpool = theirs.fc = torch.nn.Identity()
    x = images(2, 64, 64)
    torch.testing.assert_close(ours(x).flatten(1), theirs(x))


def test_the_resnet_of_2015_strides_on_the_first_convolution():
    old, new = (ResNet("resnet50", 8, first_stride=s) for s in ("1x1", "3x3"))
    for net, strides in ((old, (2, 1)), (new, (1, 2))):
        block = net.layer2[0]
        assert (block.conv1.stride[0], block.conv2.stride[0]) == strides
    assert old(images(1)).shape == new(images(1)).shape
    assert ResNet("resnet50", 8, last_stride=1)(images(1)).shape[-2:] == (7, 4)
    assert new(images(1)).shape[-2:] == (4, 2)


def test_the_papers_input_gives_the_papers_shapes():
    network = build(PAPER, 10, seed=0).eval()
    with torch.no_grad():
        maps = network.backbone(images(1, 224, 224))
        features = network(images(1, 224, 224))
    assert maps.shape == (1, 2048, 7, 7)
    assert features.global_.shape == (1, 2048)
    assert features.local.shape == (1, 7, 128)
    assert features.logits.shape == (1, 10)


@pytest.mark.parametrize("pooling", ["max", "mean"])
@pytest.mark.parametrize("layout", profiles.CHOICES["local_layout"])
def test_a_stripe_is_one_row_of_the_map_pooled_convolved_and_scaled(pooling, layout):
    settings = replace(SMOKE, horizontal_pooling=pooling, local_layout=layout)
    network = build(settings, 5, seed=0).eval()
    for module in network.local.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-1, 1)
    with torch.no_grad():
        maps, found = network.backbone(images()), network(images())
        for row in range(maps.shape[2]):
            pooled = maps[:, :, row].max(2).values
            if pooling == "mean":
                pooled = maps[:, :, row].sum(2) / maps.shape[3]
            wanted = network.local(pooled[:, :, None, None])[:, :, 0, 0]
            wanted = wanted / wanted.norm(dim=1, keepdim=True).clamp(min=1e-12)
            torch.testing.assert_close(found.local[:, row], wanted)
        torch.testing.assert_close(found.global_, maps.flatten(2).mean(2))


def test_the_top_of_the_picture_moves_the_upper_stripes_most():
    network = build(SMOKE, 5, seed=0).eval()
    x = images(8)
    changed = x.clone()
    changed[:, :, :16] += 3.0
    with torch.no_grad():
        moved = (network(x).local - network(changed).local).norm(dim=2).mean(0)
    assert moved.argmax() < 3 and moved[-1] < moved[0] / 10


def test_embedding_has_unit_length_and_does_not_depend_on_the_batch():
    network = build(SMOKE, 5, seed=0).train()
    pixels = torch.randint(0, 256, (10, 3, 112, 56), dtype=torch.uint8)
    whole, parts = embed(network, pixels), embed(network, pixels, batch=3)
    for one, two in zip(whole, parts, strict=True):
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(one.norm(dim=-1), torch.ones(one.shape[:-1]))
    assert network.training  # the mode is put back


def test_the_seed_decides_the_first_weights_and_nobody_elses_numbers():
    state = torch.get_rng_state()
    one, same, other = (build(SMOKE, 5, seed) for seed in (1, 1, 2))
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(one.identity.weight, same.identity.weight)
    assert not torch.equal(one.identity.weight, other.identity.weight)


def test_weights_come_from_a_file_and_a_wrong_file_is_named(tmp_path):
    settings = replace(SMOKE, channels=64, weights=str(tmp_path / "w.pt"))
    theirs = torchvision.models.resnet18(weights=None)
    torch.save(theirs.state_dict(), tmp_path / "w.pt")
    backbone = build(settings, 5, seed=0).backbone  # three of the file's four stages
    torch.testing.assert_close(
        backbone.layer3[1].conv2.weight, theirs.layer3[1].conv2.weight
    )
    for content in ({"fc.bias": torch.zeros(2)}, {"conv1.weight": torch.zeros(3)}):
        torch.save(content, tmp_path / "w.pt")
        with pytest.raises(ReproError, match=r"(?s)w\.pt.*expected"):
            build(settings, 5, seed=0)
    with pytest.raises(ReproError, match=r"nowhere\.pt.*expected"):
        build(replace(settings, weights="nowhere.pt"), 5, seed=0)
