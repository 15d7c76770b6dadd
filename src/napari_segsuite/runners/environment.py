"""The environment variables of a worker process."""

from __future__ import annotations

from collections.abc import Mapping

_UNSAFE = ("TORCH_FORCE_", "NUMCODECS_ALLOW_")


def worker_environment(
    inherited: Mapping[str, str], *, threads: int | None = None
) -> dict[str, str]:
    """Return the environment for a worker.

    Parameters
    ----------
    inherited : mapping
        The environment of this process; ``PYTHONPATH`` and virtual environments
        are kept.
    threads : int, optional
        How many threads to compute with; as many as the libraries choose if not
        given.

    Returns
    -------
    dict
        Without the variables by which libraries run code from data files, and with
        threads that sleep when idle: spinning ones would slow the window.
    """
    environment = {
        name: value
        for name, value in inherited.items()
        if not name.upper().startswith(_UNSAFE)
    }
    environment["OMP_WAIT_POLICY"] = "PASSIVE"
    environment["PYTHONUTF8"] = "1"
    if threads is not None:
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
            environment[name] = str(threads)
    return environment
