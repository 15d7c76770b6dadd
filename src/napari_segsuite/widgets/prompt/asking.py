"""Keeps the interactive worker at the newest question, and planes ready ahead."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from psygnal import Signal

from napari_segsuite.data.prompts.planes import InputMap, PlaneRef
from napari_segsuite.data.prompts.prompt import PlanePrompt
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.errors import Cancelled, SegsuiteError
from napari_segsuite.jobs.base import Job
from napari_segsuite.jobs.prompting import EmbedPlane, MaskOffer, SegmentPrompt
from napari_segsuite.jobs.training import Device
from napari_segsuite.runners.base import Run
from napari_segsuite.widgets.prompt.picture import Index, Picture
from napari_segsuite.widgets.prompt.plane_files import PlaneFiles
from napari_segsuite.widgets.session import Session

Offers = tuple[MaskOffer, ...]

_ANSWERS_KEPT: Final = 256


@dataclass(frozen=True, eq=False)
class Scene:
    """What questions are about."""

    picture: Picture
    """The image."""
    shown: InputMap
    """What the model sees of it."""
    model: Path
    """The model folder."""
    device: Device = "auto"
    """Where to compute."""
    cache: Path | None = None
    """Where embeddings outlive the worker."""


@dataclass(frozen=True)
class _Task:
    """One thing for the worker to do: answer a prompt, or prepare a plane."""

    index: Index
    prompt: PlanePrompt | None = None


class Asking:
    """Asks one question at a time; of several about a plane, the last.

    Everything happens in the GUI thread. Clicks come first: a plane that is made
    ready ahead of time gives way to them.

    Parameters
    ----------
    session : Session
        Whose interactive worker is used.
    """

    answered = Signal(object, object, object)
    """Index of the plane, the prompt, and what was offered."""
    failed = Signal(object, str)
    """Index of the plane, and why there is no answer."""
    changed = Signal()
    """What is under way, or what is ready, is new."""

    def __init__(self, session: Session) -> None:
        self.files = PlaneFiles(session)
        """The planes as files."""
        self.ready: dict[Index, str] = {}
        """The planes that need no more preparation, and where that came from."""
        self.device = ""
        """Where the model computes, as the worker told last."""
        self._session = session
        self._scene: Scene | None = None
        self._waiting: OrderedDict[Index, PlanePrompt] = OrderedDict()
        self._ahead: deque[Index] = deque()
        self._task: _Task | None = None
        self._run: Run[Any] | None = None
        self._serial = 0
        self._answers: OrderedDict[object, Offers] = OrderedDict()

    @property
    def scene(self) -> Scene | None:
        """What questions are about; None while nothing can be asked."""
        return self._scene

    @property
    def busy_with(self) -> Index | None:
        """The plane that is worked on now."""
        return None if self._task is None else self._task.index

    @property
    def answering(self) -> bool:
        """Whether a question is asked or waits."""
        asked = self._task is not None and self._task.prompt is not None
        return asked or bool(self._waiting)

    def look_at(self, scene: Scene | None) -> None:
        """Ask about something else from now on; what was asked is forgotten."""
        self._scene = scene
        self.forget()

    def forget(self) -> None:
        """Give up what is asked and look at every plane again."""
        self.files.forget()
        self.ready.clear()
        self._waiting.clear()
        self._ahead.clear()
        self._give_up()
        self.changed.emit()

    def ask(self, index: Index, prompt: PlanePrompt) -> None:
        """Ask for the masks that a prompt means; `answered` or `failed` tells."""
        self._waiting.pop(index, None)
        offers = self._remembered(index, prompt)
        if offers is not None:
            self.answered.emit(index, prompt, offers)
            return
        self._waiting[index] = prompt
        self._next()

    def withdraw(self, index: Index) -> None:
        """Forget what was asked about a plane."""
        self._waiting.pop(index, None)

    def prepare(self, indices: Sequence[Index]) -> None:
        """Make planes ready while nothing is asked, the first first."""
        self._ahead = deque(i for i in indices if i not in self.ready)
        task = self._task
        # Somebody has moved on: what was made ready for the slice before can wait.
        if task is not None and task.prompt is None and task.index not in indices:
            self._give_up()
        self._next()

    def _next(self) -> None:
        scene, task = self._scene, self._task
        if scene is None:
            return
        if task is not None:
            urgent = next(iter(self._waiting), None)
            # A neighbour gives way to a click; the clicked plane is needed anyhow.
            if urgent is None or task.prompt is not None or task.index == urgent:
                return
            self._ahead.appendleft(task.index)
            self._give_up()
        if self._waiting:
            index, prompt = self._waiting.popitem(last=True)
            self._begin(scene, _Task(index, prompt))
        elif self._ahead:
            self._begin(scene, _Task(self._ahead.popleft()))

    def _begin(self, scene: Scene, task: _Task) -> None:
        self._serial += 1
        self._task = task
        serial = self._serial
        self.files.ask(
            scene.picture,
            task.index,
            lambda ref: self._submit(serial, scene, task, ref),
            lambda error: self._ended(serial, task, None, None, error),
        )
        self.changed.emit()

    def _submit(self, serial: int, scene: Scene, task: _Task, ref: ArrayRef) -> None:
        if serial != self._serial:
            return
        key = None if task.prompt is None else _key(ref, scene, task.prompt)
        if key in self._answers:
            self._ended(serial, task, key, self._answers[key], None)
            return
        hop = self._session.in_gui
        try:
            self._run = self._session.interactive.submit(
                _job(scene, task, ref),
                on_end=lambda run: hop(self._ended, serial, task, key, *_outcome(run)),
            )
        except Exception as error:  # starting a process can fail in many ways
            self._ended(serial, task, None, None, error)

    def _ended(
        self,
        serial: int,
        task: _Task,
        key: object,
        result: Any,
        error: Exception | None,
    ) -> None:
        if serial != self._serial:
            return
        self._task = self._run = None
        if error is None:
            self._take(task, key, result)
        elif not isinstance(error, Cancelled):
            known = isinstance(error, SegsuiteError)
            text = str(error) if known else f"Something unforeseen: {error}"
            self.failed.emit(task.index, text)
        self._next()
        self.changed.emit()

    def _take(self, task: _Task, key: object, result: Any) -> None:
        if task.prompt is None:
            self.ready[task.index] = result.source
            self.device = result.device
            return
        offers: Offers = result if isinstance(result, tuple) else result.offers
        self.ready.setdefault(task.index, "memory")
        self._answers[key] = offers
        while len(self._answers) > _ANSWERS_KEPT:
            self._answers.popitem(last=False)
        # While it was answered, something else may have been asked.
        if task.index not in self._waiting:
            self.answered.emit(task.index, task.prompt, offers)

    def _give_up(self) -> None:
        self._serial += 1
        run, self._run, self._task = self._run, None, None
        if run is not None:
            run.cancel()

    def _remembered(self, index: Index, prompt: PlanePrompt) -> Offers | None:
        if self._scene is None:
            return None
        ref = self.files.known(self._scene.picture, index)
        if ref is None:
            return None
        return self._answers.get(_key(ref, self._scene, prompt))


def _key(ref: ArrayRef, scene: Scene, prompt: PlanePrompt) -> object:
    return ref.path, scene.shown, scene.model, scene.device, prompt


def _job(scene: Scene, task: _Task, ref: ArrayRef) -> Job[Any]:
    about: dict[str, Any] = {
        "model": scene.model,
        "plane": PlaneRef(image=ref, shown=scene.shown),
        "cache": scene.cache,
        "device": scene.device,
    }
    if task.prompt is None:
        return EmbedPlane(**about)
    return SegmentPrompt(**about, prompt=task.prompt)


def _outcome(run: Run[Any]) -> tuple[Any, Exception | None]:
    try:
        return run.result(timeout=0), None
    except Exception as error:  # passed on whole; the GUI thread shows it
        return None, error
