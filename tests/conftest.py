"""What several tests share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared():
    """The folder of photographs beside the repository, or skip."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder


@pytest.fixture(scope="session")
def forest(tmp_path_factory):
    """The trees of all families, prepared; not to be changed."""
    import trees

    return trees.write_all(tmp_path_factory.mktemp("größe") / "树")
