"""Which channels-last convolutions are unsafe on processors with AVX2 alone.

Run `python tests/onednn_channels.py`; it takes some minutes.

Each case runs forward and backward in a process of its own, on two shapes, with glibc's
checks of the heap, and compares its gradients with oneDNN switched off. Seen with torch
2.12.1 on an AMD EPYC with AVX2: unsafe are 1x1 convolutions with stride 2 and 2 to 7
channels coming in, whatever goes out; from 8 channels on, with stride 1 or 3x3, none.
"""

import ctypes.util
import os
import subprocess
import sys

import torch

AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
SHAPES = ((12, 28, 14), (8, 14, 7))


def error(channels: int, out: int, kernel: int, stride: int) -> float:
    """The largest relative difference of gradients with and without oneDNN."""
    worst = 0.0
    for n, height, width in SHAPES:
        torch.manual_seed(channels)
        x = torch.randn(n, channels, height, width)
        x = x.contiguous(memory_format=torch.channels_last).requires_grad_()
        conv = torch.nn.Conv2d(channels, out, kernel, stride, kernel // 2, bias=False)
        conv = conv.to(memory_format=torch.channels_last)
        grad = torch.randn_like(conv(x))
        found = torch.autograd.grad(conv(x), (x, conv.weight), grad)
        with torch.backends.mkldnn.flags(enabled=False):
            wanted = torch.autograd.grad(conv(x), (x, conv.weight), grad)
        for a, b in zip(found, wanted, strict=True):
            worst = max(worst, float((a - b).abs().max() / b.abs().max()))
    return worst


def outcome(command: list[str], env: dict[str, str]) -> str:
    """What became of one case; a damaged heap also makes a process hang."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=env, timeout=30
        )
    except subprocess.TimeoutExpired:
        return "hung"
    return "crashed" if done.returncode else f"off by {done.stdout.strip()}"


def main() -> None:
    """Print a line for each case, in processes that may crash."""
    debug = ctypes.util.find_library("c_malloc_debug")
    env = os.environ | AVX2 | {"LD_PRELOAD": debug or "", "MALLOC_CHECK_": "3"}
    env["OMP_NUM_THREADS"] = "1"
    for kernel, stride in ((1, 2), (1, 1), (3, 2), (3, 1)):
        for channels in (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64):
            case = channels, 2 * channels, kernel, stride
            command = [sys.executable, __file__, *map(str, case)]
            said = outcome(command, env)
            print(
                f"{kernel}x{kernel}, stride {stride}, {channels:2} channels: {said}",
                flush=True,
            )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(f"{error(*map(int, sys.argv[1:])):.1e}")
    else:
        main()
