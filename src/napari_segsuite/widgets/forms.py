"""Forms: a frozen model's fields as widgets, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Generic, Literal, TypeVar, Union, get_args, get_origin

from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, LineEdit
from psygnal import Signal
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from qtpy.QtWidgets import QFormLayout, QLabel, QWidget

from napari_segsuite._model import Model, describe_invalid
from napari_segsuite.errors import InputError

M = TypeVar("M", bound=Model)

# A field may become as narrow as this, in pixels: docks are narrow.
_NARROW: Final = 60

# Qt's spin boxes hold 32-bit integers.
_LARGEST: Final = 2**31 - 1


class Form(Generic[M]):
    """One magicgui widget per field of a model, in a Qt form.

    Type, bounds, choices, default and tooltip come from the field itself. A number
    whose docstring says what 0 does ("…; 0 chooses.") shows "auto" for 0.

    Parameters
    ----------
    value : Model
        The model; its values are shown first.
    names : sequence of str, optional
        The fields to show, in this order; the others keep their values.
    """

    changed = Signal()
    """The user changed a value."""

    def __init__(self, value: M, names: Sequence[str] | None = None) -> None:
        self._value = value
        self._fields = type(value).model_fields
        self._widgets = {
            name: _widget(name, self._fields[name], getattr(value, name))
            for name in (names if names is not None else self._fields)
        }
        self.native = QWidget()
        layout = QFormLayout(self.native)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, widget in self._widgets.items():
            caption = QLabel("" if isinstance(widget, CheckBox) else label_of(name))
            caption.setToolTip(widget.tooltip or "")
            widget.native.setMinimumWidth(_NARROW)
            layout.addRow(caption, widget.native)
            widget.changed.connect(lambda _: self.changed.emit())

    @property
    def value(self) -> M:
        """The model that the form describes.

        Raises
        ------
        InputError
            If a value does not fit its field.
        """
        entered: dict[str, Any] = {}
        for name, widget in self._widgets.items():
            whole = self._fields[name].annotation is int
            entered[name] = int(widget.value) if whole else widget.value
        try:
            return self._value.replace(**entered)
        except ValidationError as error:
            msg = f"{describe_invalid(error)}. Change it under Advanced."
            raise InputError(msg) from error

    def widget(self, name: str) -> Any:
        """Return the magicgui widget of a field."""
        return self._widgets[name]


def label_of(name: str) -> str:
    """Return how a field is called in a form: ``max_seconds`` → "Max seconds"."""
    return name.replace("_", " ").capitalize()


def _widget(name: str, field: FieldInfo, value: Any) -> Any:
    tooltip = field.description or ""
    if choices := _choices(field.annotation):
        return ComboBox(choices=choices, value=value, tooltip=tooltip)
    if field.annotation is bool:
        return CheckBox(text=label_of(name), value=value, tooltip=tooltip)
    if field.annotation is str:
        return LineEdit(value=value, tooltip=tooltip)
    whole = field.annotation is int
    # magicgui's box for whole numbers cannot show a word for a value.
    widget = FloatSpinBox(value=value, tooltip=tooltip, **_bounds(field))
    widget.native.setDecimals(0 if whole else _decimals(field))
    if _zero_is_auto(field):
        widget.native.setSpecialValueText("auto")
    return widget


def _choices(annotation: Any) -> tuple[Any, ...]:
    """Return the values of a Literal, or of several; else none."""
    if get_origin(annotation) is Union:
        members = [_choices(member) for member in get_args(annotation)]
        return sum(members, ()) if all(members) else ()
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def _bounds(field: FieldInfo) -> dict[str, Any]:
    """Return minimum, maximum and step of a number."""
    limits: dict[str, Any] = {}
    for constraint in field.metadata:
        for name in ("ge", "gt", "le", "lt", "multiple_of"):
            if (limit := getattr(constraint, name, None)) is not None:
                limits[name] = limit
    smallest = 1 if field.annotation is int else 10.0 ** -_decimals(field)
    low = limits.get("ge", limits["gt"] + smallest if "gt" in limits else -_LARGEST)
    high = limits.get("le", limits["lt"] - smallest if "lt" in limits else _LARGEST)
    step = 1 if field.annotation is int else 10.0 ** (1 - _decimals(field))
    return {
        "min": low,
        "max": min(high, _LARGEST),
        "step": limits.get("multiple_of", step),
    }


def _decimals(field: FieldInfo) -> int:
    """Return the digits after the point that suit the field's default."""
    default = abs(float(field.default or 0.0))
    return 4 if 0.0 < default < 0.1 else 2 if default < 1.0 else 1


def _zero_is_auto(field: FieldInfo) -> bool:
    number = field.annotation in (int, float)
    return number and field.default == 0 and "; 0 " in (field.description or "")
