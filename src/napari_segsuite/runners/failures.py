"""Errors as messages: how an error of the worker becomes the same error here."""

from __future__ import annotations

from napari_segsuite.errors import (
    InputError,
    JobFailed,
    ModelFolderError,
    SegsuiteError,
    StorageError,
)
from napari_segsuite.jobs.messages import Failed

_LONGEST = 100_000


def failure_of(run: str, error: SegsuiteError) -> Failed:
    """Return the message that tells of `error`."""
    details = error.details if isinstance(error, JobFailed) else ""
    names = (name for name, kind in _CLASSES.items() if isinstance(error, kind))
    return Failed.model_validate(
        {
            "run": run,
            "error": next(names, "JobFailed"),
            "message": _printable(str(error)),
            "details": _printable(details),
        }
    )


def error_of(failure: Failed) -> SegsuiteError:
    """Return the error that `failure` tells of."""
    if failure.error == "JobFailed":
        return JobFailed(failure.message, failure.details)
    return _CLASSES[failure.error](failure.message)


_CLASSES: dict[str, type[SegsuiteError]] = {
    "InputError": InputError,
    "ModelFolderError": ModelFolderError,
    "StorageError": StorageError,
}


def _printable(text: str) -> str:
    """Return the end of `text` without what JSON cannot hold (lone surrogates)."""
    return text[-_LONGEST:].encode(errors="backslashreplace").decode()
