"""The contract of the command line: what words mean, and which are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_segsuite.cli.demo import DemoCommand
from napari_segsuite.cli.evaluate import EvaluateCommand
from napari_segsuite.cli.main import main, parse
from napari_segsuite.cli.models import ListModels, ShowModel
from napari_segsuite.cli.parsing import UsageError
from napari_segsuite.cli.predict import PredictCommand
from napari_segsuite.cli.run import RunCommand
from napari_segsuite.cli.train import ResumeCommand, TrainUNetCommand
from napari_segsuite.jobs.prediction import PredictOptions
from napari_segsuite.jobs.training import TrainingOptions
from napari_segsuite.plan.unet import PlanChoices


def test_train_takes_several_images_and_the_options_of_jobs() -> None:
    words = (
        "train unet --image a.tif b.tif --labels c.tif d.tif --out model "
        "--start-from old --max-seconds 5 --max-epochs 3 --seed 7 --device cpu "
        "--levels 3"
    )

    assert parse(words.split()) == TrainUNetCommand(
        image=(Path("a.tif"), Path("b.tif")),
        labels=(Path("c.tif"), Path("d.tif")),
        out=Path("model"),
        start_from="old",
        training=TrainingOptions(max_seconds=5, max_epochs=3, seed=7, device="cpu"),
        plan=PlanChoices(levels=3),
    )


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("demo", DemoCommand()),
        ("demo --out here", DemoCommand(out=Path("here"))),
        (
            "predict --model m --image a b --out o --readout semantic",
            PredictCommand(
                model="m",
                image=(Path("a"), Path("b")),
                out=Path("o"),
                prediction=PredictOptions(readout="semantic"),
            ),
        ),
        (
            "evaluate --truth t --prediction p --json f",
            EvaluateCommand(
                truth=(Path("t"),), prediction=(Path("p"),), json=Path("f")
            ),
        ),
        ("train resume m", ResumeCommand(model="m")),
        ("models list", ListModels()),
        ("models show m", ShowModel(model="m")),
        ("run job.json", RunCommand(job=Path("job.json"))),
        ("run job.json --debug", RunCommand(job=Path("job.json"), debug=True)),
    ],
)
def test_every_command_of_the_contract_is_understood(
    words: str, command: object
) -> None:
    assert parse(words.split()) == command


def test_defaults_are_those_of_the_job() -> None:
    command = parse(["train", "unet", "--image", "a", "--labels", "b", "--out", "c"])

    assert isinstance(command, TrainUNetCommand)
    assert command.training == TrainingOptions()
    assert command.plan == PlanChoices()


def test_an_option_out_of_bounds_is_reported_by_its_name() -> None:
    words = "train unet --image a --labels b --out c --max-seconds -3"

    with pytest.raises(UsageError, match=r"^--max-seconds: .* greater than 0, got -3"):
        parse(words.split())


@pytest.mark.parametrize(
    "words",
    [
        "",
        "paint",
        "train",
        "train unet --image a --labels b",
        "train unet --image a --labels b --out c --loss guess",
        "train unet --image a --labels b --out c --max-seconds soon",
        "train unet --image a --labels b --out c --levels 99",
        "predict --model m --image a --out o --readout guess",
        "models show",
    ],
)
def test_wrong_usage_ends_with_2(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words.split()) == 2
    assert capsys.readouterr().err.strip()


@pytest.mark.parametrize("words", ["--help", "train unet --help", "demo --help"])
def test_help_ends_with_0(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words.split()) == 0
    assert "segsuite" in capsys.readouterr().out


def test_help_shows_an_option_as_its_job_documents_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["train", "unet", "--help"])
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    field = TrainingOptions.model_fields["learning_rate"]

    assert field.description
    description = " ".join(field.description.split())
    assert f"{description} (default: {field.default})" in shown
