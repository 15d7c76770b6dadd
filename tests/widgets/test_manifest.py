"""The manifest names what exists, and the samples open."""

from pathlib import Path

import numpy as np
import pytest
from napari.layers import Layer
from npe2 import PluginManifest

import napari_segsuite
from napari_segsuite.data.samples import SAMPLES
from napari_segsuite.widgets.layers import check_same_place, image_axes, is_result

FILE = Path(napari_segsuite.__file__).with_name("napari.yaml")


@pytest.fixture(scope="module")
def manifest():
    return PluginManifest.from_file(FILE)


def test_everything_that_is_named_can_be_imported(manifest):
    manifest.validate_imports()


def test_the_file_at_top_level_is_the_same():
    top = Path(__file__).parents[2] / "napari.yaml"
    assert top.is_symlink()
    assert top.resolve() == FILE.resolve()


def test_every_sample_is_in_the_menu_under_its_title(manifest):
    shown = {
        (entry.key, entry.display_name) for entry in manifest.contributions.sample_data
    }
    assert shown == {(entry.key, entry.title) for entry in SAMPLES}


def test_every_contribution_has_its_command(manifest):
    parts = manifest.contributions
    known = {command.id for command in parts.commands}
    used = {entry.command for entry in (*parts.widgets, *parts.sample_data)}
    used |= {item.command for menu in parts.menus.values() for item in menu}
    assert used == known


def test_no_file_pattern_is_claimed(manifest):
    assert not manifest.contributions.readers


@pytest.mark.parametrize("key", [entry.key for entry in SAMPLES])
def test_a_sample_opens_with_its_truth_on_its_image(manifest, key):
    (entry,) = (e for e in manifest.contributions.sample_data if e.key == key)
    (command,) = (c for c in manifest.contributions.commands if c.id == entry.command)
    from npe2.manifest.utils import import_python_name

    made = import_python_name(command.python_name)()
    image, *truth = (Layer.create(*layer) for layer in made)
    assert np.ptp(np.asarray(image.data)) > 0
    for labels in truth:
        check_same_place(image, image_axes(image), labels)
        assert is_result(labels)
        assert not labels.visible
