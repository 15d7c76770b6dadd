"""What the documents say can be typed, and what they show is there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from napari_segsuite.cli.main import parse
from napari_segsuite.jobs.base import load_job

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)\)")


def _blocks(language: str) -> list[tuple[str, str]]:
    return [
        (path.name, text)
        for path in DOCUMENTS
        for found, text in BLOCK.findall(path.read_text(encoding="utf-8"))
        if found == language
    ]


def _commands() -> list[str]:
    lines = [line for _, text in _blocks("") for line in text.splitlines()]
    commands = [line for line in lines if line.startswith("segsuite ")]
    return [line for line in commands if line != "segsuite --version"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    targets = LINK.findall(document.read_text(encoding="utf-8"))
    inside = [target for target in targets if "://" not in target]

    assert [t for t in inside if not (document.parent / t).exists()] == []


@pytest.mark.parametrize("command", _commands())
def test_commands_are_understood(command: str) -> None:
    words = shlex.split(command, comments=True)[1:]

    assert parse(words) is not None


@pytest.mark.parametrize(("document", "code"), _blocks("python"))
def test_python_examples_are_python(document: str, code: str) -> None:
    compile(code, document, "exec")


@pytest.mark.parametrize(("document", "text"), _blocks("json"))
def test_jobs_in_json_can_be_loaded(document: str, text: str) -> None:
    load_job(json.loads(text))


def test_the_readme_names_the_scripts_that_there_are() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    scripts = re.findall(r"^bash (\S+)$", readme, re.MULTILINE)

    assert scripts == ["scripts/demo.sh", "scripts/test.sh", "scripts/napari.sh"]
    assert all((ROOT / script).is_file() for script in scripts)
