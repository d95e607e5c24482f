"""Pictures decoded once into one file of bytes, which training reads without decoding.

A file holds the (N, 3, H, W) uint8 pictures of one split in NumPy's own format. It is
mapped into memory, so that many gigabytes can be read on a small machine. Chapter 1.
"""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
import torchvision
from numpy.lib import format as npy
from tqdm import tqdm

from reprolib.data import digest
from reprolib.data.writing import amount, require_space, writing
from reprolib.errors import ReproError

CHUNK = 1024  # pictures decoded before they are written


def pixels(
    folder: str | Path,
    name: str,
    paths: Sequence[Path],
    size: tuple[int, int],
    how: str,
    code: str,
    decode: Callable[[int], torch.Tensor],
) -> torch.Tensor:
    """The pictures of `paths` as one mapped `(N, 3, H, W)` uint8 tensor. Chapter 1.

    It is read from `folder`, or made there first: `decode(i)` gives picture number i
    as `(3, H, W)` for `size` = (H, W), in several threads at once. `how` says all that
    decides the pixels beside the files. It is made anew, in place of the old one, when
    a file has another size or time, or `code`, the digest of what decodes, is another.
    Raises `ReproError` for a picture that cannot be read or a disk that cannot hold
    them; then nothing is left behind.
    """
    shape = (len(paths), 3, *size)
    what = digest.of([[os.fspath(path) for path in paths], shape, how])
    state = digest.of([code, torchvision.__version__, [_stamp(path) for path in paths]])
    path = Path(folder, f"{name}-{size[0]}x{size[1]}-{what}-{state}.npy")
    if not path.exists():
        _make(path, shape, decode, name)
        for old in path.parent.glob(f"*-{what}-*.npy"):
            if old != path:
                old.unlink(missing_ok=True)
    return _mapped(path, shape)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except OSError as error:
        raise ReproError(
            f"{path}: the picture cannot be read ({error.strerror}); expected a "
            "file. Unpack the data set again."
        ) from error
    return status.st_size, status.st_mtime_ns


def _mapped(path: Path, shape: tuple[int, ...]) -> torch.Tensor:
    try:
        array = np.load(path, mmap_mode="c")  # writing to it would not reach the file
        if array.shape != shape or array.dtype != np.uint8:
            raise ValueError(f"it holds {array.shape}, {array.dtype}")
    except (OSError, ValueError) as error:
        raise ReproError(
            f"{path}: not the decoded pictures that were written ({error}); expected "
            f"{shape}, uint8. Delete the file; it is made again."
        ) from error
    return torch.from_numpy(array)


def _make(path: Path, shape: tuple[int, ...], decode, name: str) -> None:
    """Decode all pictures into a file aside, which gets its name when it is whole."""
    needed, folder = math.prod(shape), path.parent
    require_space(folder, needed)
    label = f"decoding {name}, {amount(needed)} for {folder}"
    pictures = _decoded(decode, shape[0])
    aside = path.with_suffix(f".{os.getpid()}.part")
    with writing(folder):
        try:
            with open(aside, "wb") as file:
                facts = {"descr": "|u1", "fortran_order": False, "shape": shape}
                npy.write_array_header_1_0(file, facts)
                for one in tqdm(pictures, label, shape[0], unit="picture", leave=False):
                    file.write(one.contiguous().numpy().data)
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)


def _decoded(decode: Callable[[int], torch.Tensor], count: int) -> Iterator:
    """The pictures in order, decoded in several threads."""
    with ThreadPoolExecutor() as pool:
        for start in range(0, count, CHUNK):
            yield from pool.map(decode, range(start, min(start + CHUNK, count)))
