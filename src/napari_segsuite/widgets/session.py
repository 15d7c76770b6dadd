"""One session per viewer: the worker, its scratch folder, and the way back to Qt."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakKeyDictionary, ref

from psygnal import Signal
from qtpy.QtCore import QObject, Qt
from qtpy.QtCore import Signal as QtSignal
from qtpy.QtWidgets import QApplication, QWidget

from napari_segsuite.data.scratch import Scratch
from napari_segsuite.widgets.preferences import preferences

if TYPE_CHECKING:
    # Docks that need no worker and no model show themselves sooner without them.
    from napari_segsuite.models.library import Library
    from napari_segsuite.runners.base import Runner
    from napari_segsuite.runners.process import ProcessRunner

T = TypeVar("T")

# What the workers load ahead, so that the first Train starts within a second, and the
# first click is answered at once.
_WARM_UP: Final = ("napari_segsuite.engine.train_unet",)
_DETECTOR_WARM_UP: Final = (
    "napari_segsuite.engine.maskrcnn.detection",
    "napari_segsuite.engine.maskrcnn.training",
)
_PROMPT_WARM_UP: Final = (
    "napari_segsuite.engine.prompting.answering",
    "napari_segsuite.engine.prompting.click.model",
    "napari_segsuite.data.formats",
)


class Session:
    """What the docks of one viewer share.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer, unwrapped.
    runner : Runner, optional
        Who carries out training and prediction; by default a worker process,
        which starts with the first job or `warm_up`.
    interactive : Runner, optional
        Who answers prompts; by default a worker process of its own, so that clicks
        are answered while another trains.
    """

    model_trained = Signal(Path)
    """A model folder is new, or better than before."""
    closing = Signal()
    """The window is about to be gone; what is shared may tidy up."""

    def __init__(
        self,
        viewer: Any,
        *,
        runner: Runner | None = None,
        interactive: Runner | None = None,
    ) -> None:
        # Held weakly: the registry below must not keep a closed viewer alive.
        self._viewer = ref(viewer)
        self._runner = runner
        self._interactive = interactive
        self._scratch: Scratch | None = None
        self._scratch_lock = threading.Lock()
        self._hop = _Hop()
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="segsuite")
        self._closed = False
        # Held weakly, as the viewer is: a closed window must not stay for us.
        self._window: ref[QWidget] | None = None
        self._shared: dict[type[Any], Any] = {}

    @property
    def viewer(self) -> Any:
        """The viewer; None once it is gone."""
        return self._viewer()

    @property
    def runner(self) -> Runner:
        """The runner of training and prediction."""
        if self._runner is None:
            self._runner = self._worker()
        return self._runner

    @property
    def interactive(self) -> Runner:
        """The runner that answers prompts."""
        if self._interactive is None:
            self._interactive = self._worker()
        return self._interactive

    @property
    def scratch(self) -> Scratch:
        """The folder of temporary arrays, for any thread; deleted with the window."""
        with self._scratch_lock:
            if self._scratch is None:
                self._scratch = Scratch(preferences().cache_folder)
            return self._scratch

    @property
    def library(self) -> Library:
        """The folder of models, as the preferences say."""
        from napari_segsuite.models.library import Library, default_folder

        return Library(preferences().models_folder or default_folder())

    @property
    def qt_parent(self) -> QObject:
        """What timers and the like belong to: they end with the session."""
        return self._hop

    @property
    def closed(self) -> bool:
        """Whether the window is gone."""
        return self._closed

    def shared(self, kind: type[T]) -> T:
        """Return the one `kind(session)` that all docks of this viewer share."""
        if kind not in self._shared:
            self._shared[kind] = kind(self)  # type: ignore[call-arg]
        found: T = self._shared[kind]
        return found

    def warm_up(self) -> None:
        """Start the worker and let it load its libraries, without waiting for it."""
        _warm_up(self.runner, _WARM_UP)

    def warm_up_detectors(self) -> None:
        """Start that worker and let it load what learns and finds objects."""
        _warm_up(self.runner, _DETECTOR_WARM_UP)

    def warm_up_prompts(self) -> None:
        """Start the worker that answers prompts, without waiting for it."""
        _warm_up(self.interactive, _PROMPT_WARM_UP)

    def in_background(
        self,
        work: Callable[[], T],
        done: Callable[[T], None] = lambda _: None,
        failed: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        """Do `work` in a thread, then call `done` or `failed` in the GUI thread."""
        if self._closed:
            return

        def run() -> None:
            try:
                value = work()
            except Exception as error:  # passed on whole; the caller shows it
                self.in_gui(failed, error)
            else:
                self.in_gui(done, value)

        self._threads.submit(run)

    def in_gui(self, function: Callable[..., object], *args: Any) -> None:
        """Call `function` in the GUI thread, soon; from any thread."""
        if not self._closed:
            # The window may close between the check and the call.
            with suppress(RuntimeError):
                self._hop.requested.emit(lambda: self._closed or function(*args))

    def follow(self, widget: QWidget) -> None:
        """End with the window that `widget` has been docked in."""
        # A floating dock is a window of its own, but still a child of the viewer's.
        window = widget
        while (parent := window.parentWidget()) is not None:
            window = parent
        if self._window is None and window is not widget:
            self._window = ref(window)
            window.destroyed.connect(self.close)

    def freeze(self, still: bool) -> None:
        """Let the window draw nothing for a turn of the event loop, or again.

        What takes long to add and long to draw then takes two turns.

        Parameters
        ----------
        still : bool
            Whether nothing is drawn from now on.
        """
        window = None if self._window is None else self._window()
        if window is not None:
            window.setUpdatesEnabled(not still)

    def close(self, _destroyed: object = None) -> None:
        """Stop what runs, end the worker, delete the scratch folder."""
        if self._closed:
            return
        self.closing.emit()
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for runner in (self._runner, self._interactive):
            if runner is not None:
                runner.close()
        if self._scratch is not None:
            self._scratch.close()
        # Deleted here, in Qt's thread: the garbage collector may run in another. At
        # the end of the application Qt has done so already.
        with suppress(RuntimeError):
            self._hop.deleteLater()
        # What was shared holds layers, and through them the viewer.
        self._shared.clear()
        self._window = None

    def _worker(self) -> ProcessRunner:
        from napari_segsuite.runners.process import ProcessRunner

        threads = preferences().threads
        return ProcessRunner(threads=threads or None, scratch=self.scratch)


def _warm_up(runner: Runner, modules: Sequence[str]) -> None:
    """Let a worker load these; other runners have nothing to load."""
    from napari_segsuite.runners.process import ProcessRunner

    if isinstance(runner, ProcessRunner):
        runner.warm_up(modules)


class _Hop(QObject):
    """Carries calls into the thread it was made in, which is Qt's."""

    requested = QtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.requested.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def _call(self, function: Callable[[], object]) -> None:
        function()


class Sessions:
    """Finds the session of a viewer, and makes it when it is first asked for."""

    def __init__(self) -> None:
        self._by_viewer: WeakKeyDictionary[Any, Session] = WeakKeyDictionary()

    def of(self, viewer: Any) -> Session:
        """Return the session of `viewer`, which may be the proxy plugins receive."""
        plain = getattr(viewer, "__wrapped__", viewer)
        session = self._by_viewer.get(plain)
        if session is None or session.closed:
            session = Session(plain)
            self._by_viewer[plain] = session
            application = QApplication.instance()
            if application is not None:
                application.aboutToQuit.connect(session.close)
        return session


# The docks of one window are made apart from each other, by napari: this is where
# they meet.
SESSIONS: Final = Sessions()
