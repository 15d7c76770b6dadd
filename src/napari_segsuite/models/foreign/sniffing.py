"""What kind of file a checkpoint is, told by its first bytes, never by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from napari_segsuite.errors import InputError
from napari_segsuite.models.foreign.refusal import damaged, holds_more

Form = Literal["safetensors", "torch"]
"""Tensors in the safetensors format, or in an archive as ``torch.save`` writes it."""

_HEAD = 512
_TORCH_MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
# How files of other kinds begin, and what each is called in a refusal.
_OTHERS = (
    (_TORCH_MAGIC, "it was saved by a version of torch before 1.6"),
    (b"\x80", "it holds pickled objects, which can run code when they are opened"),
    (b"\x93NUMPY", "it is a NumPy array"),
    (b"\x89HDF\r\n\x1a\n", "it is an HDF5 file, as Keras writes them"),
    (b"\x1f\x8b", "it is compressed"),
    (b"BZh", "it is compressed"),
    (b"\xfd7zXZ", "it is compressed"),
    (b"7z\xbc\xaf", "it is compressed"),
    (b"GGUF", "it is a language model (GGUF)"),
    (b"RIFF", "it is a media file"),
    (b"\x89PNG", "it is an image"),
    (b"\xff\xd8\xff", "it is an image"),
    (b"II*\x00", "it is an image"),
    (b"MM\x00*", "it is an image"),
    (b"%PDF", "it is a PDF"),
    (b"\x7fELF", "it is a program"),
    (b"MZ", "it is a program"),
    (b"#!", "it is a program"),
)
_PAGE = (b"<!doctype", b"<html", b"<?xml")
_POINTER = b"version https://git-lfs"


def sniff(path: Path) -> Form:
    """Return what form of weights a file holds.

    Raises
    ------
    InputError
        If it is none that can be imported; the message says what it is and what to do.
    OSError
        If it cannot be read.
    """
    if path.is_dir():
        msg = (
            f"{path} is a folder. Choose a file of weights (.safetensors, .pth), or a "
            "model folder of napari-segsuite, which has a model.json."
        )
        raise InputError(msg)
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return _form(path, head, size)


def _form(path: Path, head: bytes, size: int) -> Form:
    if not head:
        raise damaged(path, "it is empty")
    if head.startswith(b"PK"):
        return "torch"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= size - 8:
        return "safetensors"
    if head[:20].lower().lstrip().startswith(_PAGE) or head.startswith(_POINTER):
        msg = (
            f"{path.name} is a web page or a link, not a model. Download the file "
            "itself and import that."
        )
        raise InputError(msg)
    if head[257:262] == b"ustar":
        raise holds_more(path, "it was saved by a very old version of torch (tar)")
    if head[:1] == b"\x08" and any(word in head for word in (b"onnx", b"pytorch")):
        raise holds_more(path, "it is an ONNX network")
    for begin, what in _OTHERS:
        if head.startswith(begin):
            raise holds_more(path, what)
    what = "it is neither a safetensors file nor weights saved by torch"
    raise holds_more(path, what)
