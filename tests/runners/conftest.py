from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from napari_segsuite.runners.process import ProcessRunner

TOYS = str(Path(__file__).parent / "toys")
# The toy jobs are a package with entry points, as another plugin would bring along;
# workers find it by PYTHONPATH.
sys.path.append(TOYS)


@pytest.fixture(autouse=True, scope="package")
def toys_for_workers() -> Iterator[None]:
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), TOYS]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", path)
        yield


@pytest.fixture(scope="module")
def runner(toys_for_workers: None) -> Iterator[ProcessRunner]:
    """One runner for all tests: whatever a job did to it, the next one must work."""
    with ProcessRunner() as runner:
        yield runner


@pytest.fixture
def own_runner() -> Iterator[ProcessRunner]:
    """A runner that a test may close."""
    with ProcessRunner() as runner:
        yield runner
