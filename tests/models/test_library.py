"""The library finds models by name, and makes room for new ones."""

from pathlib import Path

import pytest

from napari_segsuite.errors import ModelFolderError
from napari_segsuite.models.folder import read_card
from napari_segsuite.models.library import (
    Library,
    cards,
    default_folder,
    find_promptable,
    promptable,
)
from napari_segsuite.models.publishing import publish


@pytest.fixture
def shipped(tmp_path, prompt_card_maker, weights_writer):
    folder = tmp_path / "shipped"
    for name in ("click", "b"):
        publish(
            folder / name,
            lambda w: prompt_card_maker(w, name="inside"),
            weights_writer,
            final=True,
        )
    return folder


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
    return Library(folder, shipped=tmp_path / "none")


def test_models_are_listed_by_name(library):
    assert [folder.name for folder in library.list()] == ["a", "b", "c"]


def test_a_library_that_does_not_exist_is_empty(tmp_path):
    assert Library(tmp_path / "no", shipped=tmp_path / "none").list() == ()


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


def test_shipped_models_come_last_and_hide_behind_ones_own(library, shipped):
    both = Library(library.folder, shipped=shipped)
    own = [library.folder / name for name in "abc"]
    assert both.list() == (*own, shipped / "click")
    assert both.find("b") == library.folder / "b"
    assert both.find("click") == shipped / "click"
    assert both.find("inside") == shipped / "click"
    assert both.new_folder("click") == library.folder / "click-2"
    assert Library(shipped / "none", shipped=shipped).list() == (
        shipped / "b",
        shipped / "click",
    )


def test_a_name_of_ones_own_is_not_ambiguous(shipped, tmp_path, card_maker):
    def copy(path):
        path.write_bytes((shipped / "b" / "weights.safetensors").read_bytes())

    mine = tmp_path / "mine"
    publish(mine / "x", lambda w: card_maker(w, name="inside"), copy, final=True)
    assert Library(mine, shipped=shipped).find("inside") == mine / "x"


def test_promptable_models_are_found(library, shipped):
    both = Library(library.folder, shipped=shipped)
    assert list(promptable(both)) == [shipped / "click"]
    assert find_promptable(both, "click") == shipped / "click"
    with pytest.raises(ModelFolderError, match="a is a U-Net"):
        find_promptable(both, "a")


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
