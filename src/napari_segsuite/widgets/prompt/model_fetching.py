"""Models of others: downloaded or imported in a worker of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from napari_segsuite.jobs.base import Job
from napari_segsuite.models.catalogue import DOWNLOADS, Offer, describe_size
from napari_segsuite.runners.base import Runner
from napari_segsuite.runners.process import ProcessRunner
from napari_segsuite.widgets.activity import Activity
from napari_segsuite.widgets.session import Session


class ModelFetching(Activity):
    """Brings one model at a time into the library.

    A download takes minutes: neither clicks nor a training wait for it, so it has a
    worker of its own, which ends with it.

    Parameters
    ----------
    session : Session
        The session of the viewer.
    runner : Runner, optional
        Who carries it out.
    """

    def __init__(self, session: Session, runner: Runner | None = None) -> None:
        super().__init__(session)
        self._given = runner
        self._own: ProcessRunner | None = None
        session.closing.connect(self._close)

    @property
    def runner(self) -> Runner:
        """The worker of its own."""
        if self._given is not None:
            return self._given
        if self._own is None:
            self._own = ProcessRunner(threads=1, scratch=self.session.scratch)
        return self._own

    def download(self, offer: Offer) -> None:
        """Download a model of the catalogue, and import it."""
        library = self.session.library

        def job() -> Job[Any]:
            # Reading these descriptions takes a moment that opening the dock need not.
            from napari_segsuite.jobs.importing import DownloadModel

            return DownloadModel(
                offer=offer.name,
                out=library.new_folder(offer.name),
                downloads=library.folder / DOWNLOADS,
            )

        self._begin(job)

    def import_file(self, file: Path) -> None:
        """Import a file of weights."""
        library = self.session.library

        def job() -> Job[Any]:
            from napari_segsuite.jobs.importing import ImportModel

            return ImportModel(file=file, out=library.new_folder(file.stem))

        self._begin(job)

    def on_finished(self, result: Any, loaded: Any) -> str:
        """Tell the docks that there is a model."""
        self.session.model_trained.emit(result.folder)
        return f"{result.title} is there as {result.folder.name!r}."

    def on_cancelled(self) -> str:
        """Say what a cancelled download leaves."""
        return "Cancelled; what was downloaded is kept, Download goes on there."

    def on_ended(self) -> None:
        """End the worker."""
        self._close()

    def _begin(self, make: Callable[[], Job[Any]]) -> None:
        self.start(lambda _check: make())

    def _close(self) -> None:
        runner, self._own = self._own, None
        if runner is not None:
            # Closing waits for the process, which the window must not.
            threading.Thread(target=runner.close, name="segsuite-close").start()


def about(offer: Offer) -> str:
    """Return what to know of a model before it is downloaded."""
    size = ("" if offer.exact else "about ") + describe_size(offer.size)
    return f"{offer.title}: {size}, licence {offer.licence}. {offer.page}"


def hindrance(offer: Offer) -> str:
    """Return why a model cannot be downloaded here; empty if it can."""
    if offer.sha256:
        return ""
    return (
        f"no checksum of it is known. Download {offer.url} with your browser, then "
        "press Import file…"
    )
