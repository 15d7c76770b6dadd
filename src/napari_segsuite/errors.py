"""One family of errors.

A message says what was needed, what came, and what to do next; it is shown to
people as it stands, without a traceback.
"""

from __future__ import annotations


class SegsuiteError(Exception):
    """The base of every error that napari-segsuite raises on purpose."""


class InputError(SegsuiteError, ValueError):
    """An image, a painting, a file or an option that cannot be used as it is."""


class ModelFolderError(SegsuiteError, ValueError):
    """A model folder that is missing, damaged, or of a newer format."""


class StorageError(SegsuiteError, OSError):
    """A file or folder that could not be written: disk full, no permission."""


class JobFailed(SegsuiteError, RuntimeError):
    """A job that ended with an error nobody foresaw.

    Parameters
    ----------
    message : str
        One sentence for the user.
    details : str
        The traceback, for a report or ``--debug``.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class WorkerCrashed(SegsuiteError, RuntimeError):
    """The worker process died before its job ended.

    Parameters
    ----------
    message : str
        Why, as far as it can be told from the exit code.
    details : str
        The last lines that the worker wrote.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class Cancelled(SegsuiteError):
    """The job was cancelled; nothing half-written was kept."""
