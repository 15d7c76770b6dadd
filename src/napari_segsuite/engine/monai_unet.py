"""MONAI's U-Net, imported without what it does not need.

``import monai`` loads every part of MONAI, and with it each optional library that is
there. torchvision brings torch's compiler along, matplotlib its fonts: together a
third of the seconds that a worker needs before it can train. Both are hidden only
while MONAI looks for them; who needs them imports them afterwards as usual.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """Let imports of modules that are not loaded yet fail while the block runs."""
    hidden = [name for name in names if name not in sys.modules]
    # None is Python's own sign for a module that must not be imported.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


with _hidden("torchvision", "matplotlib"):
    from monai.networks.nets.dynunet import DynUNet

__all__ = ["DynUNet"]
