"""The frozen base of every description: jobs, events, plans, model cards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError


class Model(BaseModel):
    """A frozen pydantic model that refuses unknown fields.

    Field docstrings become descriptions, which forms, the command line and the
    documentation show. NaN and infinity survive the round trip through JSON.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        ser_json_inf_nan="constants",
        protected_namespaces=(),
    )

    def replace(self, **changes: Any) -> Self:
        """Return a validated copy with some fields changed."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate({**values, **changes})


def describe_invalid(
    error: ValidationError, *, name: Callable[[str], str] = str
) -> str:
    """Return what pydantic found wrong as one line for people.

    Parameters
    ----------
    error : ValidationError
        What pydantic raised.
    name : callable, optional
        How fields are called where people meet them, given ``"training.max_seconds"``.

    Returns
    -------
    str
        For example ``"training.max_seconds: Input should be greater than 0, got
        -3.0"``; several findings are joined by semicolons.
    """
    return "; ".join(_finding(details, name) for details in error.errors())


def _finding(details: Any, name: Callable[[str], str]) -> str:
    where = ".".join(str(part) for part in details["loc"])
    if details["type"] in {"missing", "extra_forbidden"}:
        return f"{name(where)}: {details['msg']}"
    message = details["msg"].removeprefix("Value error, ")
    if not where:
        return str(message)
    got = repr(details["input"])
    return (
        f"{name(where)}: {message}, got {got if len(got) <= 60 else got[:57] + '...'}"
    )
