"""The compiled loop of counting: made by another process, since the window draws."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from napari_segsuite.metrics.tally import run_kernel
from napari_segsuite.widgets.compilation import Compilation

# Fewer pixels than this are counted without the loop.
_MANY_PIXELS: Final = 1 << 20
_CODE: Final = "from napari_segsuite.metrics.tally import run_kernel; run_kernel()"


class CompiledLoop:
    """Sees to it that counting finds its loop compiled.

    Belongs to one thread at a time.
    """

    def __init__(self) -> None:
        self._compilation = Compilation(_CODE)

    def make_ready(
        self, shape: Sequence[int], progress: Callable[[float], None]
    ) -> None:
        """Wait until arrays of this shape can be counted.

        The first time in a session it takes a second, and some on a computer where the
        loop was never compiled before; later no time at all.

        Parameters
        ----------
        shape : sequence of int
            Arrays with few pixels do without the loop.
        progress : callable
            Called with 0 while this waits. What it raises ends the waiting, but not
            the process: the next count finds it further.
        """
        if math.prod(shape) < _MANY_PIXELS or run_kernel.cache_info().currsize:
            return
        # If it fails, the loop will here too, and be done without.
        self._compilation.wait(lambda: progress(0.0))
