"""Why a process ended, in words."""

from __future__ import annotations

import signal


def describe_exit(code: int) -> str:
    """Return why a process ended, as far as its exit code tells.

    Parameters
    ----------
    code : int
        As `subprocess.Popen.returncode`: negative is the signal that killed it.

    Returns
    -------
    str
        For example ``"killed by signal 9, SIGKILL; ..."`` or ``"exit code 3"``.
    """
    if code >= 0:
        # Windows reports faults as large numbers, known by their hexadecimal form.
        return f"exit code {code}" if code < 256 else f"exit code 0x{code:08X}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        return f"killed by signal {-code}"
    hint = _HINTS.get(name)
    text = f"killed by signal {-code}, {name}"
    return f"{text}; {hint}" if hint else text


_HINTS = {
    "SIGKILL": "often the system does so when memory runs out",
    "SIGBUS": "a file it read was cut short, or the disk is full",
    "SIGILL": "a library does not suit this processor",
    "SIGSEGV": "a fault in a library",
    "SIGABRT": "a library gave up",
}
