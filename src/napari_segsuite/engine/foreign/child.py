"""The process that unpickles a foreign file, copies its tensors out, and ends.

Started by `napari_segsuite.engine.foreign.conversion`, which checks what comes out as
if it came from a stranger. This is the one place where ``torch.load`` is called.
"""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from napari_segsuite.engine.foreign import cell
from napari_segsuite.models.foreign.outline import Shape
from napari_segsuite.models.foreign.tensor_file import write_tensors

if TYPE_CHECKING:
    import torch

FAILED = 3
"""Exit code if the file could not be converted; stderr says why."""

_DTYPES = {
    "torch.float32": "F32",
    "torch.float64": "F64",
    "torch.float16": "F16",
    "torch.bfloat16": "BF16",
    "torch.int64": "I64",
    "torch.int32": "I32",
    "torch.int16": "I16",
    "torch.int8": "I8",
    "torch.uint8": "U8",
    "torch.bool": "BOOL",
}


def main(arguments: list[str]) -> None:
    """Convert a file, and end the process.

    Parameters
    ----------
    arguments : list of str
        The file, the safetensors file to make, bounds of written bytes and of
        computing seconds, and the keys that lead to the weights.
    """
    source, target, most_bytes, seconds, *place = arguments
    cell.limit(os.path.getsize(source), int(most_bytes), int(seconds))
    cell.leave_network()
    cell.end_with_parent()
    warnings.simplefilter("ignore")
    _rehearse()
    # Opened before the walls close: nothing can be opened for writing after.
    with open(target, "wb") as file:
        cell.forbid_everything(source)
        try:
            _convert(source, file, place)
            file.flush()
        except Exception as error:
            os.write(2, f"{type(error).__name__}: {error}"[:1000].encode())
            os._exit(FAILED)
    # Not by the usual way out, which would run what a file may have left behind.
    os._exit(0)


def _convert(source: str, file: BinaryIO, place: list[str]) -> None:
    import torch

    found = torch.load(source, map_location="cpu", weights_only=True, mmap=True)
    for key in place:
        found = found[key]
    tensors = {
        name: values.detach()
        for name, values in found.items()
        if isinstance(name, str) and isinstance(values, torch.Tensor)
    }
    write_tensors(file, _shapes(tensors), lambda name: _content(tensors[name]))


def _shapes(tensors: Mapping[str, torch.Tensor]) -> dict[str, Shape]:
    shapes = {}
    for name, values in tensors.items():
        stored = values.untyped_storage().nbytes()
        dtype = _DTYPES.get(str(values.dtype))
        if dtype is None or values.numel() * values.element_size() > stored:
            msg = f"the tensor {name!r} has an odd type, or repeats its numbers"
            raise ValueError(msg)
        shapes[name] = Shape(dtype, tuple(values.shape))
    return shapes


def _content(values: torch.Tensor) -> Iterator[memoryview]:
    import torch

    if values.numel():
        flat = values.contiguous().reshape(-1)
        yield flat.view(torch.uint8).numpy().data


def _rehearse() -> None:
    """Do once what will be done, so that nothing needs to be imported later."""
    import torch

    weights: dict[str, Any] = {
        "half": torch.ones((2, 3), dtype=torch.bfloat16).t(),
        "parameter": torch.nn.Parameter(torch.ones(())),
        "flag": torch.ones(1, dtype=torch.bool),
        "layer": torch.nn.Linear(1, 1).state_dict(),
    }
    saved = io.BytesIO()
    torch.save(weights, saved)
    saved.seek(0)
    loaded = torch.load(saved, map_location="cpu", weights_only=True)
    tensors = {name: loaded[name] for name in ("half", "parameter", "flag")}
    detached = {name: values.detach() for name, values in tensors.items()}
    write_tensors(
        io.BytesIO(), _shapes(detached), lambda name: _content(detached[name])
    )


if __name__ == "__main__":
    main(sys.argv[1:])
