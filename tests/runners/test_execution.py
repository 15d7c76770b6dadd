from __future__ import annotations

import pytest
from segsuite_toys import Echo, Fail, ToyResult

from napari_segsuite.errors import Cancelled, InputError, JobFailed
from napari_segsuite.jobs.messages import Cancel
from napari_segsuite.runners.context import Cache, RunContext
from napari_segsuite.runners.execution import execute


@pytest.fixture
def context(tmp_path) -> RunContext:
    return RunContext(tmp_path, lambda _: None, Cache())


def test_the_handler_is_called(context):
    result = execute(Echo(value=1), context)
    assert isinstance(result, ToyResult)
    assert result.value == 1


def test_a_cancelled_job_is_not_begun(context):
    context.obey(Cancel(run="0" * 32))
    with pytest.raises(Cancelled):
        execute(Fail(error="value"), context)


def test_foreseen_errors_pass(context):
    with pytest.raises(InputError, match="the image is empty"):
        execute(Fail(error="input"), context)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("value", "toy-fail failed, and nobody foresaw how: ValueError: seven"),
        ("memory", "Memory ran out in the job toy-fail"),
        ("exit", "SystemExit: 2"),
        ("type", "returned Result, not ToyResult"),
    ],
)
def test_others_become_job_failed(context, error, words):
    with pytest.raises(JobFailed, match=words) as caught:
        execute(Fail(error=error), context)
    assert "Traceback" in caught.value.details
    assert caught.value.__cause__ is not None
