"""The compiled loop of counting: made by another process, since the window draws.

Where OpenGL is drawn in software (Mesa's llvmpipe), the window compiles with LLVM each
time it draws something new; numba compiles with an LLVM of its own. Both at once, in
two threads of one process, ended napari with a segmentation fault in 4 of 10 trials,
and held the window up for 0.2 to 0.3 seconds in the others. Reading from numba's cache
what another process has compiled does neither.
"""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

from napari_segsuite.metrics.tally import run_kernel

# Fewer pixels than this are counted without the loop.
_MANY_PIXELS: Final = 1 << 20
_LOOK_S: Final = 0.02

_COMMAND: Final = (
    sys.executable,
    "-P",
    "-c",
    "from napari_segsuite.metrics.tally import run_kernel; run_kernel()",
)
if sys.platform == "win32":
    # It would open a console else.
    _FLAGS: Final = subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
else:
    _FLAGS: Final = 0


class CompiledLoop:
    """Sees to it that counting finds its loop compiled.

    Belongs to one thread at a time.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

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
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603
                _COMMAND,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                creationflags=_FLAGS,
            )
        # If it failed, the loop will here too, and be done without.
        while self._process.poll() is None:
            progress(0.0)
            time.sleep(_LOOK_S)
