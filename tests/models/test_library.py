"""The library finds models by name, and makes room for new ones."""

from pathlib import Path

import pytest

from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.folder import publish, read_card
from napari_segsuite.models.library import Library, cards, default_folder


@pytest.fixture
def library(tmp_path, card_maker, weights_writer):
    folder = tmp_path / "library"
    for folder_name, name in [("b", "bright"), ("a", "alpha"), ("c", "alpha")]:
        publish(
            folder / folder_name,
            lambda w, n=name: card_maker(w, name=n),
            weights_writer,
            final=True,
        )
    (folder / "not-a-model").mkdir()
    return Library(folder)


def test_models_are_listed_by_name(library):
    assert [folder.name for folder in library.list()] == ["a", "b", "c"]


def test_a_library_that_does_not_exist_is_empty(tmp_path):
    assert Library(tmp_path / "no").list() == ()


def test_models_are_found(library, model):
    assert library.find("b") == library.folder / "b"
    assert library.find("bright") == library.folder / "b"
    assert library.find(model) == model
    assert library.find(str(model)) == model


def test_a_wrong_name_lists_the_right_ones(library):
    with pytest.raises(ModelFolderError, match=r"no model 'x'.* has a, b, c"):
        library.find("x")


def test_a_name_of_two_lists_both(library):
    with pytest.raises(ModelFolderError, match=r"Several models.*: a, c"):
        library.find("alpha")


def test_a_damaged_model_does_not_hide_the_others(library):
    (library.folder / "a" / "model.json").write_text("{")
    assert library.find("alpha") == library.folder / "c"
    found = cards(library)
    assert isinstance(found[library.folder / "a"], ModelFolderError)
    assert found[library.folder / "b"] == read_card(library.folder / "b")


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("nuclei", "nuclei"),
        ("my nuclei (2)", "my-nuclei-2"),
        ("../../etc", "etc"),
        ("…", "model"),
        ("", "model"),
        ("con", "model-con"),
        ("NUL.x", "model-NUL.x"),
        ("x" * 200, "x" * 60),
        ("a/b\\c:d\n", "a-b-c-d"),
    ],
)
def test_new_folders_have_plain_names(tmp_path, name, folder):
    assert Library(tmp_path).new_folder(name) == tmp_path / folder


def test_new_folders_are_free(library):
    assert library.new_folder("a").name == "a-2"
    (library.folder / "a-2").touch()
    assert library.new_folder("a").name == "a-3"


def test_the_environment_moves_the_library(monkeypatch, tmp_path):
    monkeypatch.setenv("SEGSUITE_MODELS", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv("SEGSUITE_MODELS")
    assert default_folder().parts[-2:] == ("napari-segsuite", "models")
    assert isinstance(default_folder(), Path)
