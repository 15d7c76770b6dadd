"""Whatever is clicked, undone and painted: the labels are what a replay gives.

`SEGSUITE_SEQUENCES=200 pytest tests/widgets/prompt/test_sequences.py` is the long form.
"""

import os
from dataclasses import dataclass

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from napari_segsuite.widgets.prompt.prompt_dock import PromptDock
from napari_segsuite.widgets.session import Session

SHAPE = (5, 24, 30)
RADIUS = 4
STEPS = 24
SEQUENCES = int(os.environ.get("SEGSUITE_SEQUENCES", "8"))


def disk(y, x, radius=RADIUS):
    rows, columns = np.indices(SHAPE[1:], sparse=True)
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


def wanted(prompt, number):
    """Return the mask that the model of these tests offers for a prompt."""
    alone = len(prompt.clicks) == 1
    radius = (RADIUS, 2 * RADIUS, 2)[number] if alone else RADIUS
    mask = np.zeros(SHAPE[1:], bool)
    for click in prompt.clicks:
        if click.positive:
            mask |= disk(click.y, click.x, radius)
    for click in prompt.clicks:
        if not click.positive:
            mask &= ~disk(click.y, click.x, radius)
    return mask


@dataclass(eq=False)
class Stroke:
    place: tuple
    value: int

    def do(self, labels, _owned):
        labels[self.place] = self.value


@dataclass(eq=False)
class Commit:
    id: int
    masks: dict

    def do(self, labels, owned):
        """Write as the rule "keep" says; hand edits of the object stay."""
        had = owned.get(self.id, {})
        placed = {}
        nothing = np.zeros(SHAPE[1:], bool)
        for index in {*self.masks, *had}:
            now = labels[index]
            before, mask = had.get(index, nothing), self.masks.get(index, nothing)
            own = before & (now == self.id)
            new = mask & (now == 0) & ~before
            now[own & ~mask] = 0
            now[new] = self.id
            placed[index] = new | (own & mask)
        owned[self.id] = {i: m for i, m in placed.items() if m.any()}


def replay(actions):
    labels, owned = np.zeros(SHAPE, np.int32), {}
    for action in actions:
        action.do(labels, owned)
    return labels, owned


class Player:
    """Does something at random in the dock, and notes it as it should be."""

    def __init__(self, viewer, dock, qtbot, rng):
        self.viewer, self.dock, self.qtbot, self.rng = viewer, dock, qtbot, rng
        self.done, self.undone, self.without_step = [], [], []
        self.commits = 0

    @property
    def prompting(self):
        return self.dock.prompting

    def settle(self):
        QApplication.processEvents()
        self.qtbot.waitUntil(lambda: self.prompting.masks.waits_for is None)

    def play(self):
        moves = (
            *[self.click] * 6,
            *[self.commit] * 5,
            *[self.undo] * 3,
            *[self.redo] * 2,
            self.stroke,
            self.stroke,
            self.slide,
            self.slide,
            self.cycle,
            self.take_up,
            self.drop,
            self.follow,
        )
        moves[self.rng.integers(len(moves))]()
        self.settle()

    def click(self):
        z = self.viewer.dims.point[0]
        place = self.rng.integers((0, 0), SHAPE[1:])
        opposite = bool(self.rng.random() < 0.25)
        self.dock.pointing.click(np.array([z, *place], float), opposite=opposite)

    def cycle(self):
        self.dock.cycle.click()

    def slide(self):
        self.viewer.dims.set_point(0, float(self.rng.integers(SHAPE[0])))

    def drop(self):
        self.dock.objects.drop.click()

    def take_up(self):
        self.dock.objects.after.click()

    def follow(self):
        if self.prompting.draft.prompts:
            self.dock.follow.follow.click()
            self.qtbot.waitUntil(lambda: not self.dock.follow.following.busy)

    def stroke(self):
        z, y, x = (int(self.rng.integers(n)) for n in SHAPE)
        layer = self.dock.work.layer
        ids = [0, 500, *(one.id for one in self.dock.work.objects)]
        value = int(self.rng.choice(ids))
        place = np.s_[z : z + 1, y : y + 6, x : x + 6]
        part = np.zeros(SHAPE, bool)
        part[place] = True
        before = layer.data.copy()
        layer.data_setitem(np.nonzero(part), value)
        if not np.array_equal(before, layer.data):
            self.note(Stroke(np.nonzero(part), value))

    def commit(self):
        draft = self.prompting.draft
        said = {i: p for i, p in draft.prompts.items() if p.says_where}
        masks = {}
        for index in {*said, *draft.masks}:
            if index in draft.masks:
                masks[index] = draft.masks[index].on_plane(SHAPE[1:])
            else:
                masks[index] = wanted(
                    said[index], self.prompting.masks.chosen_at(index)
                )
        before = self.dock.work.layer.data.copy()
        ids = {one.id for one in self.dock.work.objects}
        self.dock.objects.commit.click()
        if not self.dock.objects.commit.isEnabled() and draft.empty:
            return
        self.settle()
        self.qtbot.waitUntil(
            lambda: self.dock.work.committing.highest.value is not None
        )
        if not self.prompting.draft.empty:
            return  # refused, in a sentence: nothing of it can be written
        new = {one.id for one in self.dock.work.objects} - ids
        id_ = draft.id or next(iter(new))
        action = Commit(id_, masks)
        self.commits += 1
        if np.array_equal(before, self.dock.work.layer.data):
            self.without_step.append(action)
        self.note(action)

    def note(self, action):
        self.done.append(action)
        self.undone.clear()

    def undo(self):
        layer = self.dock.work.layer
        by_key = self.rng.random() < 0.7
        labels_too = not by_key or not self.prompting.drafting.can_undo
        if by_key:
            self.dock.objects.undo.click()
        else:
            layer.undo()  # as Ctrl+Z does while the labels are painted
        if labels_too:
            while self.done and self.done[-1] in self.without_step:
                self.done.pop()  # a refinement that changed no pixel
            if self.done:
                self.undone.append(self.done.pop())

    def redo(self):
        layer = self.dock.work.layer
        by_key = self.rng.random() < 0.7
        labels_too = not by_key or not self.prompting.drafting.can_redo
        if by_key:
            self.dock.objects.redo.click()
        else:
            layer.redo()
        if labels_too and self.undone:
            self.done.append(self.undone.pop())


@pytest.mark.viewer
def test_labels_are_what_a_replay_gives(
    make_napari_viewer, disks, runner, click_model, qtbot
):
    viewer = make_napari_viewer()
    session = Session(viewer, runner=runner, interactive=disks)
    dock = PromptDock(viewer, session)
    viewer.window.add_dock_widget(dock, name="Prompt")
    qtbot.waitUntil(lambda: dock.model.folder is not None)
    commits = 0
    for seed in range(SEQUENCES):
        rng = np.random.default_rng(seed)
        viewer.layers.clear()
        viewer.add_image(rng.random(SHAPE, np.float32), name="cells")
        qtbot.waitUntil(lambda: dock.prompting.scene is not None)
        QApplication.processEvents()
        dock.objects.new.click()
        player = Player(viewer, dock, qtbot, rng)
        for step in range(STEPS):
            player.play()
            labels, owned = replay(player.done)
            where = f"sequence {seed}, step {step}: {player.done}"
            assert np.array_equal(dock.work.layer.data, labels), where
            known = {
                one.id: {i: m.on_plane(SHAPE[1:]) for i, m in one.masks.items()}
                for one in dock.work.objects
            }
            assert known.keys() == owned.keys(), where
            for id_, masks in owned.items():
                assert known[id_].keys() == masks.keys(), where
                for index, mask in masks.items():
                    assert np.array_equal(known[id_][index], mask), where
        commits += player.commits
    assert commits >= SEQUENCES  # else this test says little
    session.close()
