from __future__ import annotations

import pytest

from napari_segsuite.errors import (
    Cancelled,
    InputError,
    JobFailed,
    ModelFolderError,
    SegsuiteError,
    StorageError,
)
from napari_segsuite.jobs.messages import decode_reply, encode
from napari_segsuite.runners.failures import error_of, failure_of

RUN = "0" * 32


class MissingChannel(InputError):
    """An error of another package."""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (InputError("x"), InputError),
        (ModelFolderError("x"), ModelFolderError),
        (StorageError("x"), StorageError),
        (StorageError(28, "x"), StorageError),
        (JobFailed("x", "trace"), JobFailed),
        (MissingChannel("x"), InputError),
        (SegsuiteError("x"), JobFailed),
        (Cancelled("x"), JobFailed),
    ],
)
def test_errors_arrive_as_what_they_are(error, kind):
    arrived = error_of(decode_reply(encode(failure_of(RUN, error))))
    assert type(arrived) is kind
    assert str(arrived) == str(error)


def test_details_arrive():
    arrived = error_of(failure_of(RUN, JobFailed("x", "trace\n\ud800")))
    assert isinstance(arrived, JobFailed)
    assert arrived.details == "trace\n\\ud800"


def test_a_message_of_any_length_can_be_sent():
    failure = failure_of(RUN, InputError("x" * 50_000_000))
    assert len(encode(failure)) < 200_000
