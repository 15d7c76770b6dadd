"""``segsuite models import`` and ``download``, as far as no network is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_segsuite.cli.main import main


def test_a_file_that_is_no_model_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], own_model_library: Path
) -> None:
    (tmp_path / "a.pth").write_bytes(b"\x80\x04evil")

    assert main(["models", "import", str(tmp_path / "a.pth")]) == 1

    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("segsuite: a.pth is not imported, because it holds pickled")
    assert list(own_model_library.iterdir()) == []


def test_size_and_licence_come_before_the_question(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["models", "download", "sam-vit-b"]) == 1

    said = capsys.readouterr().err
    assert "375 MB" in said
    assert "Apache-2.0" in said
    assert "add --yes" in said


def test_nothing_is_downloaded_offline(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGSUITE_OFFLINE", "1")

    assert main(["models", "download", "sam-vit-b", "--yes"]) == 1
    assert "switched off by SEGSUITE_OFFLINE" in capsys.readouterr().err


def test_an_odd_digest_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "download", "medsam-vit-b", "--yes", "--sha256", "x"]) == 1
    assert "sha256" in capsys.readouterr().err


def test_the_list_offers_downloads(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    assert "sam-vit-b" in capsys.readouterr().out
