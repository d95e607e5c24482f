"""Pictures decoded once into one file of bytes, which training reads without decoding.

A file holds the (N, 3, H, W) uint8 pictures of one split in NumPy's own format. It is
mapped into memory, so that many gigabytes can be read on a small machine. Chapter 1.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
import torchvision
from numpy.lib import format as npy

from reprolib.data.writing import amount, require_space, writing
from reprolib.errors import ReproError
from tqdm import tqdm as track

CHUNK = 1024  # pictures decoded before they are written


def kept(
    folder: str | Path,
    name: str,
    paths: Sequence[Path],
    size: tuple[int, int],
    how: str,
    decode: Callable[[int], torch.Tensor],
) -> torch.Tensor:
    """The pictures of `paths` as one mapped `(N, 3, H, W)` uint8 tensor. Chapter 1.

    It is read from `folder`, or made there first: `decode(i)` gives picture number i
    as `(3, H, W)` for `size` = (H, W), in several threads at once. `how` says all that
    decides the pixels beside the files. It is made anew when a file has changed in
    size or time. Raises `ReproError` for a picture that cannot be read or a disk that
    cannot hold them; then nothing is left behind.
    """
    shape = (len(paths), 3, *size)
    what, state = _keys(paths, f"{shape} {how} {torchvision.__version__}")
    stem = f"{name}-{size[0]}x{size[1]}-{what}"
    path = Path(folder, f"{stem}-{state}.npy")
    if not path.exists():
        _make(path, shape, decode, name)
        for old in path.parent.glob(f"*-{what}-*.npy"):
            if old != path:
                old.unlink(missing_ok=True)
    return _mapped(path, shape)


def _keys(paths: Sequence[Path], how: str) -> tuple[str, str]:
    """Digests of which pictures are meant, and of the state their files are in."""
    what, state = hashlib.sha256(how.encode()), hashlib.sha256()
    for path in paths:
        try:
            found = os.stat(path)
        except OSError as error:
            raise ReproError(
                f"{path}: the picture cannot be read ({error.strerror}); expected a "
                "file. Unpack the data set again."
            ) from error
        what.update(os.fsencode(path) + b"\0")
        state.update(b"%d %d;" % (found.st_size, found.st_mtime_ns))
    return what.hexdigest()[:12], state.hexdigest()[:12]


def _mapped(path: Path, shape: tuple[int, ...]) -> torch.Tensor:
    try:
        pixels = np.load(path, mmap_mode="c")  # writing to it would not reach the file
        if pixels.shape != shape or pixels.dtype != np.uint8:
            raise ValueError(f"it holds {pixels.shape}, {pixels.dtype}")
    except (OSError, ValueError) as error:
        raise ReproError(
            f"{path}: not the decoded pictures that were written ({error}); expected "
            f"{shape}, uint8. Delete the file; it is made again."
        ) from error
    return torch.from_numpy(pixels)


def _make(path: Path, shape: tuple[int, ...], decode, name: str) -> None:
    """Decode all pictures into a file beside `path`, then give it that name."""
    needed, folder = int(np.prod(shape)), path.parent
    require_space(folder, needed)
    label = f"decoding {name}, {amount(needed)} for {folder}"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        pictures = _decoded(decode, shape[0])
        _write(path, shape, track(pictures, label, total=shape[0], unit="picture"))


def _write(path: Path, shape: tuple[int, ...], pictures: Iterator) -> None:
    """All pictures into a file aside, which gets its name when it is whole."""
    aside = path.with_suffix(f".{os.getpid()}.part")
    try:
        with open(aside, "wb") as file:
            facts = {"descr": "|u1", "fortran_order": False, "shape": shape}
            npy.write_array_header_1_0(file, facts)
            for picture in pictures:
                file.write(picture.contiguous().numpy().data)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _decoded(decode: Callable[[int], torch.Tensor], count: int) -> Iterator:
    """The pictures in order, decoded in as many threads as there are cores."""
    with ThreadPoolExecutor() as pool:
        for start in range(0, count, CHUNK):
            yield from pool.map(decode, range(start, min(start + CHUNK, count)))
