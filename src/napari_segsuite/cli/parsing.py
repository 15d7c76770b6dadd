"""How words of the command line become commands and the options of jobs.

Options of jobs are fields of pydantic models; tyro draws them with their types,
choices, defaults and docstrings. The one rule here adds what tyro leaves out: values
out of bounds are reported by the option's name, on one line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import tyro
from pydantic import ValidationError
from tyro.constructors import (
    ConstructorRegistry,
    StructConstructorSpec,
    StructFieldSpec,
    StructTypeInfo,
)

from napari_segsuite._model import Model, describe_invalid
from napari_segsuite.cli.console import Console

Files = Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FILE|FOLDER ...")]
File = Annotated[Path, tyro.conf.arg(metavar="FILE")]
Folder = Annotated[Path, tyro.conf.arg(metavar="FOLDER")]
Flag = tyro.conf.FlagCreatePairsOff[bool]


class UsageError(Exception):
    """An option whose value cannot be.

    Not a ValueError on purpose: tyro would catch it and draw a box around it.
    """


@dataclass(frozen=True, kw_only=True)
class Command:
    """The base of every command."""

    debug: Flag = False
    """Show the traceback if something goes wrong."""

    def run(self, console: Console) -> None:
        """Do it.

        Raises
        ------
        SegsuiteError
            If it cannot be done; the message is all that the user sees.
        Cancelled
            If it was interrupted.
        """
        raise NotImplementedError


def registry() -> ConstructorRegistry:
    """Return tyro's rules with ours for the options of jobs."""
    rules = ConstructorRegistry()
    rules.struct_rule(_options_rule)
    return rules


def _options_rule(info: StructTypeInfo) -> StructConstructorSpec | None:
    if not (isinstance(info.type, type) and issubclass(info.type, Model)):
        return None
    defaults = info.default if isinstance(info.default, Model) else info.type()
    fields = tuple(
        StructFieldSpec(
            name=name,
            type=cast("type[Any]", field.annotation),
            default=getattr(defaults, name),
            helptext=field.description,
        )
        for name, field in info.type.model_fields.items()
    )
    return StructConstructorSpec(instantiate=_checked(info.type), fields=fields)


def _checked(model: type[Model]) -> Callable[..., Model]:
    """Return a function that makes `model`, and names options in its complaints."""

    def make(**values: Any) -> Model:
        try:
            return model(**values)
        except ValidationError as error:
            raise UsageError(describe_invalid(error, name=_option)) from error

    make.__doc__ = model.__doc__
    make.__name__ = model.__name__
    return make


def _option(field: str) -> str:
    return f"--{field.replace('_', '-')}"
