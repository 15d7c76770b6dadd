"""More models: what is told before a download, and what follows from one."""

from pathlib import Path

import pytest

from napari_segsuite.jobs.importing import DownloadModel, ImportedModel, ImportModel
from napari_segsuite.models.catalogue import catalogue
from napari_segsuite.widgets.prompt.model_fetching import (
    ModelFetching,
    about,
    hindrance,
)


@pytest.fixture
def fetching(session, runner):
    return ModelFetching(session, runner)


def started(fetching, runner, qtbot):
    qtbot.waitUntil(lambda: bool(runner.runs))
    return runner.runs[-1]


@pytest.mark.parametrize("offer", catalogue().values(), ids=lambda offer: offer.name)
def test_size_and_licence_are_told_first(offer):
    text = about(offer)
    assert " MB" in text or " GB" in text
    assert offer.licence in text
    assert offer.page in text


def test_what_has_no_checksum_is_not_downloaded():
    offers = catalogue()
    assert hindrance(offers["sam-vit-b"]) == ""
    assert "no checksum" in hindrance(offers["medsam-vit-b"])


def test_a_download_goes_into_the_library(fetching, session, runner, qtbot):
    trained = []
    session.model_trained.connect(trained.append)
    fetching.download(catalogue()["sam-vit-b"])
    run = started(fetching, runner, qtbot)
    assert isinstance(run.job, DownloadModel)
    assert run.job.out == session.library.folder / "sam-vit-b"
    run.finish(
        ImportedModel(folder=run.job.out, title="ViT-B", sha256="0" * 64, seconds=1.0)
    )
    qtbot.waitUntil(lambda: not fetching.busy)
    assert trained == [run.job.out]
    assert "sam-vit-b" in fetching.message


def test_a_file_is_imported_under_its_own_name(fetching, runner, qtbot):
    fetching.import_file(Path("/somewhere/my weights.pth"))
    run = started(fetching, runner, qtbot)
    assert isinstance(run.job, ImportModel)
    assert run.job.out.name == "my-weights"


def test_two_models_are_not_fetched_at_once(fetching, runner, qtbot):
    fetching.download(catalogue()["sam-vit-b"])
    started(fetching, runner, qtbot)
    fetching.import_file(Path("/somewhere/other.pth"))
    qtbot.wait(50)
    assert len(runner.runs) == 1
