"""How much memory the machine has."""

from __future__ import annotations

import os

_UNKNOWN = 8 * 2**30


def machine_memory() -> int:
    """Return the machine's memory in bytes; 8 GiB where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _UNKNOWN
