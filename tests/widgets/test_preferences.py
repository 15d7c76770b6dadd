from pathlib import Path

import pytest
from napari.settings import get_plugin_settings
from npe2 import PluginManifest

import napari_segsuite
from napari_segsuite.widgets.preferences import Preferences, preferences

MANIFEST = Path(napari_segsuite.__file__).with_name("napari.yaml")


@pytest.fixture
def settings(plugin_settings, npe2pm):
    with npe2pm.tmp_plugin(manifest=PluginManifest.from_file(MANIFEST)):
        yield get_plugin_settings("napari-segsuite")


def test_without_the_plugin_there_are_defaults(npe2pm):
    assert preferences() == Preferences()


def test_nothing_set_means_the_defaults(settings):
    assert preferences() == Preferences()


def test_what_is_set_is_used(settings, tmp_path):
    settings.segsuite_compute.device = "cpu"
    settings.segsuite_compute.threads = 3
    settings.segsuite_folders.models = str(tmp_path / "models")
    settings.segsuite_folders.cache = " ~/cache "
    settings.segsuite_safety.every_layer = True
    assert preferences() == Preferences(
        device="cpu",
        threads=3,
        models_folder=tmp_path / "models",
        cache_folder=Path("~/cache").expanduser(),
        keep_every_layer=True,
    )
