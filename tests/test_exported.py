"""The trained network as ONNX: what the file says, and what is committed."""

import shutil

import drawn_page
import pytest
import torch
from drawn_page import FACTS, NETWORK

from reprolib import settings
from reprolib.book import exported, model_page
from reprolib.errors import ReproError
from reprolib.evaluation.features import embed
from reprolib.networks.aligned_reid import build
from reprolib.study.provenance import project_root
from reprolib.study.store import Store, code_of_learning

for needed in ("onnx", "onnxscript", "onnxruntime"):
    pytest.importorskip(needed, reason=f"needs {needed}: make setup")


def noise(count, height=112, width=56):
    generator = torch.Generator().manual_seed(3)
    shape = count, 3, height, width
    return torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return drawn_page.people(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A small network whose batch normalisation has seen pictures, and its file."""
    network = tiny_network(1)
    path = tmp_path_factory.mktemp("tiny") / "new" / "tiny.onnx"
    assert exported.write(network, noise(3), path) <= exported.LARGEST_ERROR
    return network, path


def tiny_network(seed):
    network = build(settings.load("smoke", "drawn").network, 5, seed)
    network(network.prepare(noise(8)))
    return network


def test_an_exported_network_says_what_torch_says(tiny, people):
    network, path = tiny
    for pictures in (noise(7)[2:], people[0][0]):  # as many as it was not exported with
        pairs = zip(embed(network, pictures), exported.run(path, pictures), strict=True)
        for one, other in pairs:
            assert one.shape == other.shape
            assert float((one - other).abs().max()) < 1e-4
    assert network.training and [p.name for p in path.parent.iterdir()] == [path.name]
    assert str(project_root()).encode() not in path.read_bytes()


def test_a_file_that_differs_from_torch_is_not_written(tiny, tmp_path, monkeypatch):
    path = tmp_path / "tiny.onnx"
    path.write_text("the last one")
    monkeypatch.setattr(exported, "_export", lambda *to: shutil.copy(tiny[1], to[-1]))
    with pytest.raises(ReproError, match="differ by .* Nothing was written"):
        exported.write(tiny_network(2), noise(2), path)
    assert path.read_text() == "the last one" and len(list(tmp_path.iterdir())) == 1


def test_a_network_that_was_not_trained_is_not_exported(tmp_path):
    store = Store(tmp_path, "drawn", settings.load("quick", "drawn"), "", "quick")
    with pytest.raises(ReproError, match="reprolib train aligned-box0.4 --seed 0"):
        exported.export(store, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_the_committed_network_is_what_its_description_says():
    assert FACTS["sha256"] == exported.checksum(NETWORK)
    assert FACTS["bytes"] == NETWORK.stat().st_size < 4e6
    assert (FACTS["variant"], FACTS["seed"]) == (exported.VARIANT, exported.SEED)
    assert FACTS["largest_error"] <= exported.LARGEST_ERROR
    usual = settings.load(FACTS["profile"], "drawn")
    wanted = usual.changed(box_error=0.4, local="aligned").as_dict()
    assert FACTS["settings"] == wanted, "run `python -m reprolib model export`"
    assert FACTS["code"] == code_of_learning(), "run `python -m reprolib model export`"
    global_, local = exported.run(NETWORK, noise(3))
    shape = 3, wanted["stripes"], wanted["local_channels"]
    assert global_.shape[0] == 3 and local.shape == shape
    for features in (global_, local):
        assert torch.allclose(features.norm(dim=-1), torch.ones(()), atol=1e-5)


def test_it_finds_the_people_of_the_page(people):
    """So it was trained, and takes colours in the order that the page gives."""
    rows = [exported.run(NETWORK, row)[0] for row in people[0]]
    nearest = (rows[0] @ torch.cat(rows[1:]).T).argmax(1) % model_page.PEOPLE
    right = nearest == torch.arange(model_page.PEOPLE)
    assert right.float().mean() >= 0.75
