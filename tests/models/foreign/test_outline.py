"""What sound files hold is found without loading them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from payloads import archive, entry, program, safetensors, tensor, text, weights

from napari_segsuite.errors import Cancelled, InputError
from napari_segsuite.models.foreign.archive import check_crc, read_members
from napari_segsuite.models.foreign.outline import Shape, read_outline

W = {"w": Shape("F32", (4,))}


def test_weights_alone(tmp_path: Path) -> None:
    archive(tmp_path / "a.pth", weights())

    outline = read_outline(tmp_path / "a.pth")

    assert (outline.form, outline.place, outline.tensors) == ("torch", (), W)


def test_weights_among_other_things(tmp_path: Path) -> None:
    """The table with most tensors counts, wherever training programs put it."""
    inner = b"}(" + text("w") + tensor() + text("v") + tensor((2, 2), (2, 1)) + b"u"
    data = program(b"}(", text("mean"), tensor(), text("model"), inner, b"u")
    archive(tmp_path / "a.ckpt", data)

    outline = read_outline(tmp_path / "a.ckpt")

    assert outline.place == ("model",)
    assert outline.tensors == {**W, "v": Shape("F32", (2, 2))}


def test_safetensors(tmp_path: Path) -> None:
    safetensors(tmp_path / "a.pth", {"w": entry(0, 16, (4,))}, bytes(16))

    outline = read_outline(tmp_path / "a.pth")

    assert (outline.form, outline.tensors) == ("safetensors", W)


@pytest.mark.parametrize("data", [program(b"}"), program(b"N"), program(text("a"))])
def test_files_without_weights(tmp_path: Path, data: bytes) -> None:
    with zipfile.ZipFile(tmp_path / "a.pth", "w") as file:
        file.writestr("archive/data.pkl", data)

    with pytest.raises(InputError, match=r"no weights|no table"):
        read_outline(tmp_path / "a.pth")


def test_the_way_out_is_told(tmp_path: Path) -> None:
    archive(tmp_path / "a.pth", program(b"cmy.project\nNet\n"))

    with pytest.raises(InputError, match=r"'my\.project\.Net'.*save_file\(model"):
        read_outline(tmp_path / "a.pth")


def test_folders_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        read_outline(tmp_path)
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_outline(tmp_path / "a.pth")


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    archive(tmp_path / "a.pth", weights())

    def check() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read_outline(tmp_path / "a.pth", check)


def test_where_a_member_lies(tmp_path: Path) -> None:
    archive(tmp_path / "a.pth", weights(), numbers=b"0123456789abcdef")

    member = read_members(tmp_path / "a.pth")["data/0"]

    data = (tmp_path / "a.pth").read_bytes()
    assert data[member.start : member.start + member.size] == b"0123456789abcdef"
    check_crc(tmp_path / "a.pth", member, lambda: None)
