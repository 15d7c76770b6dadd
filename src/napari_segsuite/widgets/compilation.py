"""Code that numba compiles: by another process, since the window draws.

Where OpenGL is drawn in software (Mesa's llvmpipe), the window compiles with LLVM each
time it draws something new; numba compiles with an LLVM of its own. Both at once, in
two threads of one process, ended napari with a segmentation fault in 4 of 10 trials,
and held the window up for 0.2 to 0.3 seconds in the others. Reading from numba's cache
what another process has compiled does neither.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

_LOOK_S: Final = 0.02

if sys.platform == "win32":
    # It would open a console else.
    _FLAGS: Final = subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
else:
    _FLAGS: Final = 0


class Compilation:
    """A process that fills numba's cache; it starts when it is first waited for.

    Belongs to one thread at a time.

    Parameters
    ----------
    code : str
        Python that compiles, by its effect, what numba is to keep. Where the cache
        holds it already, this takes as long as its imports.
    """

    def __init__(self, code: str) -> None:
        self._command = (sys.executable, "-P", "-c", code)
        self._process: subprocess.Popen[bytes] | None = None

    def wait(self, look: Callable[[], None] = lambda: None) -> bool:
        """Wait until the process is done; once it is, this takes no time.

        Parameters
        ----------
        look : callable
            Called now and then while this waits. What it raises ends the waiting, but
            not the process: the next wait finds it further.

        Returns
        -------
        bool
            Whether it did its work. If not, this process would not manage either.
        """
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                creationflags=_FLAGS,
            )
        while self._process.poll() is None:
            look()
            time.sleep(_LOOK_S)
        return self._process.returncode == 0

    def stop(self) -> None:
        """End the process if it still works; who waits again starts it anew."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
            self._process = None
