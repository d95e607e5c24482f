"""The network's branches against plain arithmetic, its switches and its cost."""

from dataclasses import replace

import onednn_channels
import pytest
import torch
from torch.nn import functional
from torchvision.models import ResNet18_Weights, ResNet50_Weights

from reprolib import losses
from reprolib import settings as profiles
from reprolib.alignment import paired_local_distance
from reprolib.evaluation.features import embed
from reprolib.networks import build, cost

# The plain network: nothing standardised; tests of the recipe ask for it.
PLAIN = {"batch_norm": "none", "normalise_global": False}
PLAIN |= {"local_layout": "conv-bn-relu", "head_start": "wide"}
SMOKE = profiles.load("smoke", **PLAIN).network
PAPER = profiles.load("paper", weights="").network
AT_224 = 224, 224


def images(count=4, height=112, width=56, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 3, height, width, generator=generator)


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
@pytest.mark.parametrize("layout", profiles.FIELDS["local_layout"].metadata["choices"])
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


def test_the_first_weights_may_come_from_a_file(tmp_path):
    source = build(replace(SMOKE, channels=64), 5, seed=9).backbone
    torch.save(source.state_dict(), tmp_path / "w.pt")
    settings = replace(SMOKE, channels=64, weights=str(tmp_path / "w.pt"))
    network, random = (
        build(s, 5, seed=0) for s in (settings, replace(settings, weights=""))
    )
    assert torch.equal(
        network.backbone.layer3[1].conv2.weight, source.layer3[1].conv2.weight
    )
    assert torch.equal(network.identity.weight, random.identity.weight)


@pytest.mark.parametrize("pooling", ["max", "mean"])
def test_the_global_feature_is_the_pooled_map_of_unit_length_if_asked(pooling):
    plain = replace(SMOKE, global_pooling=pooling)
    network = build(plain, 5, seed=0).eval()
    scaled = build(replace(plain, normalise_global=True), 5, seed=0).eval()
    with torch.no_grad():
        maps, one, other = (f(images()) for f in (network.backbone, network, scaled))
    flat = maps.flatten(2)
    wanted = flat.max(2).values if pooling == "max" else flat.sum(2) / flat.shape[2]
    torch.testing.assert_close(one.global_, wanted)
    torch.testing.assert_close(other.global_, wanted / wanted.norm(dim=1)[:, None])
    # The identity head sees the feature before it is scaled.
    torch.testing.assert_close(one.logits, network.identity(wanted))
    assert torch.equal(one.logits, other.logits)


def standard(feature):
    return (feature - feature.mean(0)) / (feature.var(0, correction=0) + 1e-5).sqrt()


def test_what_the_identity_head_sees_may_be_standardised():
    normed = replace(SMOKE, batch_norm="head", head_start="torch")
    network, plain = (build(s, 5, seed=0).train() for s in (normed, SMOKE))
    found, usual = network(images(16)), plain(images(16))
    torch.testing.assert_close(found.global_, usual.global_)
    wanted = network.identity(standard(usual.global_))
    torch.testing.assert_close(found.logits, wanted)
    assert plain.identity.weight.std() > 3 * network.identity.weight.std()


def test_features_may_be_standardised_so_that_no_stripe_collapses():
    normed = replace(SMOKE, batch_norm="features", normalise_stripes=False)
    network = build(normed, 5, seed=0).train()
    plain = build(replace(SMOKE, normalise_stripes=False), 5, seed=0).train()
    found, usual = network(images(16)), plain(images(16))
    torch.testing.assert_close(found.global_, standard(usual.global_))
    torch.testing.assert_close(found.logits, network.identity(found.global_))
    varying = usual.local.var(0, correction=0) > 1e-3  # a ReLU may say 0 of all
    wanted = standard(usual.local)
    torch.testing.assert_close(
        found.local[:, varying], wanted[:, varying], atol=1e-3, rtol=1e-3
    )
    # At the test it is what training saw on average, whatever the batch.
    network.eval()
    with torch.no_grad():
        one, many = network(images(1)), network(images(16))
    torch.testing.assert_close(one.local[0], many.local[0], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("stripes", [1, 3, 7])
def test_rows_are_pooled_to_the_stripes_asked_for(stripes):
    network = build(replace(SMOKE, stripes=stripes), 5, seed=0).eval()
    plain = build(SMOKE, 5, seed=0).eval()
    with torch.no_grad():
        found, maps = network(images()), plain.backbone(images())
    assert found.local.shape[1] == stripes
    if stripes == 7:
        torch.testing.assert_close(found.local, plain(images()).local)
    if stripes == 1:
        mean = maps.amax(3).mean(2)[:, :, None, None]
        with torch.no_grad():
            wanted = torch.nn.functional.normalize(plain.local(mean).flatten(1))
        torch.testing.assert_close(found.local[:, 0], wanted)


def test_stripes_keep_their_length_if_asked():
    network = build(SMOKE, 5, seed=0).eval()
    raw = build(replace(SMOKE, normalise_stripes=False), 5, seed=0).eval()
    with torch.no_grad():
        unit, found = network(images()).local, raw(images()).local
    assert (found.norm(dim=2) - 1).abs().max() > 0.1
    torch.testing.assert_close(functional.normalize(found, dim=2), unit)
    pixels = torch.randint(0, 256, (4, 3, 112, 56), dtype=torch.uint8)
    torch.testing.assert_close(
        functional.normalize(embed(raw, pixels)[1], dim=2), embed(network, pixels)[1]
    )


def test_long_stripes_saturate_equation_1_and_its_gradient_dies():
    def loudness(length, normalise):
        generator = torch.Generator().manual_seed(0)
        f = length * torch.randn(12, 7, 16, generator=generator)
        f.requires_grad_()
        stripes = functional.normalize(f, dim=2) if normalise else f
        far, near = (paired_local_distance(stripes, stripes.roll(k, 0)) for k in (1, 2))
        losses.hinge(far, near, 0.3).backward()
        return float(length * f.grad.norm())  # by relative changes of the feature

    assert loudness(100, normalise=False) < 1e-6 * loudness(1, normalise=False)
    assert loudness(100, normalise=True) == pytest.approx(loudness(1, normalise=True))


def at_224(backbone, **changes):
    return replace(PAPER, backbone=backbone, **changes)


def local_branch(settings, channels, stripes=7):
    """Parameters and multiply-adds of a 1x1 convolution and its BatchNorm."""
    out = settings.local_channels
    return channels * out + out + 2 * out, stripes * channels * out


@pytest.mark.parametrize(
    ("backbone", "published", "channels"),
    [
        ("resnet18", ResNet18_Weights.IMAGENET1K_V1, 512),
        ("resnet50", ResNet50_Weights.IMAGENET1K_V1, 2048),
    ],
)
def test_the_cost_is_the_published_one_and_the_local_branch(
    backbone, published, channels
):
    settings = at_224(backbone)
    found = cost(settings, 1000, AT_224)
    parameters, multiply_adds = local_branch(settings, channels)
    assert found.parameters == published.meta["num_params"] + parameters
    billions = (found.multiply_adds - multiply_adds) / 1e9
    assert billions == pytest.approx(published.meta["_ops"], abs=6e-4)
    assert found.map == (channels, 7, 7)


# Of each stage: blocks, channels of the 3x3, side of its output.
BLOCKS = ((3, 64, 56), (4, 128, 28), (6, 256, 14), (3, 512, 7))


def test_cells_save_what_the_formula_says():
    plain, cells = (
        cost(at_224(name), 751, AT_224) for name in ("resnet50", "resnet50x")
    )
    saved = [count * (9 * c**2 - 9 * c - c**2) for count, c, _ in BLOCKS]
    assert plain.parameters - cells.parameters == sum(saved)
    saved = [n * side**2 for n, (_, _, side) in zip(saved, BLOCKS, strict=True)]
    assert plain.multiply_adds - cells.multiply_adds == sum(saved)


def test_the_first_1x1_saves_what_it_throws_away():
    """Striding late, it works on the whole input of the stage: four times as much."""
    early, late = (
        cost(at_224("resnet50", first_stride=s), 9, AT_224) for s in ("1x1", "3x3")
    )
    assert early.parameters == late.parameters
    stages = zip(BLOCKS, BLOCKS[1:], strict=False)
    saved = [3 * 4 * c0 * c * side**2 for (_, c0, _), (_, c, side) in stages]
    assert late.multiply_adds - early.multiply_adds == sum(saved)


def test_a_last_stride_of_1_doubles_the_stripes_for_no_parameter():
    for backbone in ("resnet18", "resnet50", "resnet50x"):
        two, one = (cost(at_224(backbone, last_stride=s), 751, AT_224) for s in (2, 1))
        assert two.parameters == one.parameters
        assert (two.map[1:], one.map[1:]) == ((7, 7), (14, 14))
        assert one.multiply_adds > 1.4 * two.multiply_adds


def test_the_cost_is_that_of_the_network_that_is_built():
    for settings in (SMOKE, replace(SMOKE, backbone="resnet50x", local_layout="conv")):
        found, network = cost(settings, 5, (112, 56)), build(settings, 5, seed=0).eval()
        assert found.parameters == sum(p.numel() for p in network.parameters())
        with torch.no_grad():
            assert network.backbone(images(1)).shape[1:] == found.map
            assert network(images(1)).local.shape[1] == found.map[1]


def test_a_network_too_narrow_for_channels_last_avoids_it_and_learns_all_the_same():
    """On AVX2 the channels-last form of 4 channels crashes: see onednn_channels.py."""
    formats = {}
    for channels in (4, 7, 8, 32):
        network = build(replace(SMOKE, channels=channels), 5, seed=0)
        formats[channels] = network.format
        x = network.prepare(torch.zeros(12, 3, 112, 56, dtype=torch.uint8))
        assert x.is_contiguous(memory_format=network.format)
    assert formats[4] == formats[7] == torch.contiguous_format
    assert formats[8] == formats[32] == torch.channels_last
    narrow = build(replace(SMOKE, channels=4), 5, seed=0)
    images = torch.randint(0, 255, (12, 3, 112, 56), dtype=torch.uint8)
    for _ in range(3):
        narrow(narrow.prepare(images)).local.sum().backward()
    assert all(p.grad.isfinite().all() for p in narrow.backbone.parameters())


@pytest.mark.parametrize("channels", [8, 10, 16, 32])
def test_channels_last_gradients_are_those_without_onednn(channels):
    assert onednn_channels.error(channels, 2 * channels, 1, 2) < 1e-4
