"""What computes: the processor or a graphics card, and what it is fast at."""

from __future__ import annotations

import torch


def accelerator() -> torch.device:
    """The fastest device of this machine: a GPU if there is one, otherwise the processor."""
    if torch.accelerator.is_available():
        return torch.accelerator.current_accelerator()
    return torch.device("cpu")


def bfloat16_is_fast(device: torch.device) -> bool:
    """Whether a device computes in bfloat16 itself instead of imitating it."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):
        return False
    return bool(torch.cpu.get_capabilities().get("avx512_bf16"))
