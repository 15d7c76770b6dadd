"""Rules that no single module can keep alone."""

from __future__ import annotations

import ast
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import napari_segsuite
from napari_segsuite import widgets

PACKAGE = Path(napari_segsuite.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))

Rule = Callable[[ast.AST], str | None]

# Files that write without `atomic_file`, and why they may.
WRITERS = {
    "data/atomic.py": "it is where atomic files are made",
    "data/ownership.py": "its lock files are empty",
    "data/scratch.py": "its files are seen by nobody until they are complete",
    "engine/foreign/child.py": "what it wrote is used only after it was checked",
    "models/download.py": "its files get their name only when their SHA-256 is right",
    "models/foreign/tensor_file.py": "it is given a name by `atomic_file`",
}

# The one file that unpickles, in a process without rights that is thrown away.
UNPICKLERS = {"engine/foreign/child.py"}


def _loaded_after(statements: str) -> set[str]:
    """Return the top-level modules that a fresh Python has after `statements`."""
    code = f"{statements}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = _loaded_after("import napari_segsuite")

    assert loaded.isdisjoint({"numpy", "pydantic", "scipy", "torch", "napari", "qtpy"})


def test_no_widget_module_brings_torch_into_the_window() -> None:
    names = [
        module.name
        for module in pkgutil.walk_packages(widgets.__path__, widgets.__name__ + ".")
    ]
    assert names
    loaded = _loaded_after("\n".join(f"import {name}" for name in names))

    assert loaded.isdisjoint({"torch", "torchvision", "triton", "monai"})


def test_the_command_line_loads_neither_torch_nor_qt() -> None:
    loaded = _loaded_after("import napari_segsuite.cli.main")

    assert loaded.isdisjoint({"torch", "monai", "napari", "qtpy", "PyQt6"})


def _called(node: ast.AST) -> str:
    """Return the dotted name that `node` calls: ``"np.load"``; else ``""``."""
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def _keyword(node: ast.AST, name: str) -> ast.expr | None:
    if isinstance(node, ast.Call):
        return next((k.value for k in node.keywords if k.arg == name), None)
    return None


def _is(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def no_risky_imports(node: ast.AST) -> str | None:
    """Refuse serialisers that run code, and process pools that use them."""
    risky = {"pickle", "dill", "cloudpickle", "shelve", "marshal", "multiprocessing"}
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [node.module or ""]
    found = [name for name in names if name.partition(".")[0] in risky]
    return f"imports {', '.join(found)}" if found else None


def no_pickled_weights(node: ast.AST) -> str | None:
    """Refuse what unpickles or downloads weights."""
    name = _called(node)
    ends = ("load_state_dict_from_url", "hub.load")
    return f"calls {name}" if name == "torch.load" or name.endswith(ends) else None


def no_pickled_arrays(node: ast.AST) -> str | None:
    """Demand ``allow_pickle=False`` of everything that reads .npy files."""
    if not _called(node).endswith(("np.load", "numpy.load", "read_array")):
        return None
    safe = _is(_keyword(node, "allow_pickle"), False)
    return None if safe else f"calls {_called(node)} without allow_pickle=False"


def no_half_loaded_weights(node: ast.AST) -> str | None:
    """Refuse ``strict=False`` where weights are loaded."""
    loads = _called(node).endswith(("load_state_dict", "load_model"))
    loose = loads and _is(_keyword(node, "strict"), False)
    return f"calls {_called(node)} with strict=False" if loose else None


def no_run_time_code(node: ast.AST) -> str | None:
    """Refuse code made of text, shells, and guessable temporary names."""
    name = _called(node)
    banned = {"eval", "exec", "os.system", "os.popen", "tempfile.mktemp"}
    if name in banned:
        return f"calls {name}"
    shell = _keyword(node, "shell")
    return "passes shell=" if shell is not None and not _is(shell, False) else None


def no_torn_files(node: ast.AST) -> str | None:
    """Refuse writing to a file in place; `atomic_file` is there for that."""
    name = _called(node)
    if name.endswith((".write_text", ".write_bytes")):
        return f"calls {name}"
    if not isinstance(node, ast.Call) or name.rpartition(".")[2] != "open":
        return None
    modes = [*node.args, *(k.value for k in node.keywords if k.arg == "mode")]
    written = any(
        isinstance(mode, ast.Constant)
        and isinstance(mode.value, str)
        and mode.value in {m + b for m in ("w", "a", "x") for b in ("", "b", "+", "b+")}
        for mode in modes
    )
    return f"writes by {name}" if written else None


RULES: tuple[Rule, ...] = (
    no_risky_imports,
    no_pickled_weights,
    no_pickled_arrays,
    no_half_loaded_weights,
    no_run_time_code,
    no_torn_files,
)


def _outside_atomic(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes but those inside ``with atomic_file(...)``."""
    for node in ast.iter_child_nodes(tree):
        atomic = isinstance(node, ast.With) and any(
            _called(item.context_expr).endswith("atomic_file") for item in node.items
        )
        if not atomic:
            yield node
            yield from _outside_atomic(node)


def _offences(rule: Rule, source: str) -> list[str]:
    tree = ast.parse(source)
    nodes = _outside_atomic(tree) if rule is no_torn_files else ast.walk(tree)
    found = ((node, rule(node)) for node in nodes)
    return [f"line {node.lineno} {text}" for node, text in found if text]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_source_file_breaks_the_rule(rule: Rule) -> None:
    exempt = {no_torn_files: set(WRITERS), no_pickled_weights: UNPICKLERS}.get(
        rule, set()
    )
    offences = [
        f"{name}: {offence}"
        for path in SOURCES
        if (name := path.relative_to(PACKAGE).as_posix()) not in exempt
        for offence in _offences(rule, path.read_text(encoding="utf-8"))
    ]

    assert offences == []


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (no_risky_imports, "import pickle"),
        (no_risky_imports, "from multiprocessing.shared_memory import SharedMemory"),
        (no_pickled_weights, "weights = torch.load(path)"),
        (no_pickled_arrays, "np.load(path)"),
        (no_pickled_arrays, "np.load(path, allow_pickle=True)"),
        (no_half_loaded_weights, "net.load_state_dict(weights, strict=False)"),
        (no_run_time_code, "eval(text)"),
        (no_run_time_code, "subprocess.run(line, shell=True)"),
        (no_torn_files, "open(path, 'w')"),
        (no_torn_files, "path.open(mode='ab')"),
        (no_torn_files, "path.write_text(text)"),
    ],
)
def test_the_rule_sees_an_offence(rule: Rule, source: str) -> None:
    assert len(_offences(rule, source)) == 1


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (no_pickled_arrays, "np.load(path, allow_pickle=False)"),
        (no_pickled_weights, "safetensors.torch.load(data)"),
        (no_half_loaded_weights, "zip(a, b, strict=False)"),
        (no_run_time_code, "net.eval()"),
        (no_torn_files, "open(path)"),
        (no_torn_files, "with atomic_file(path) as new:\n    new.write_text(text)"),
    ],
)
def test_the_rule_lets_good_code_pass(rule: Rule, source: str) -> None:
    assert _offences(rule, source) == []


def test_files_stay_short_enough_to_read() -> None:
    lengths = {
        path.relative_to(PACKAGE).as_posix(): len(path.read_bytes().splitlines())
        for path in SOURCES
    }

    assert {name: n for name, n in lengths.items() if n > 400} == {}
