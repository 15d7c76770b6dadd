from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from segment_anything.modeling import Sam

from napari_segsuite.engine.prompting.sam import attention
from napari_segsuite.engine.prompting.sam.encoder import FastEncoder
from napari_segsuite.errors import Cancelled

Build = Callable[..., Sam]


def image(seed: int = 0) -> torch.Tensor:
    return torch.randn(
        1, 3, 128, 128, generator=torch.Generator().manual_seed(seed)
    ).cumsum(2)


def correlation(a: torch.Tensor, b: torch.Tensor) -> float:
    return float(torch.corrcoef(torch.stack((a.flatten(), b.flatten())))[0, 1])


@pytest.mark.parametrize("strengths", [1 << 22, 500, 1])
def test_in_32_bits_it_gives_what_metas_encoder_gives(
    strengths: int, small_sam: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Few strengths at once: many heads, some heads, parts of one head.
    monkeypatch.setattr(attention, "_STRENGTHS", strengths)
    with torch.no_grad():
        expected = small_sam().image_encoder(image())
    found = FastEncoder(small_sam().image_encoder, None).encode(image())

    torch.testing.assert_close(found, expected, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("strengths", [1 << 22, 500])
@pytest.mark.parametrize("heads", [2, 3])  # 24 and 16 features: scales odd and even
def test_in_16_bits_it_is_closer_to_metas_encoder_than_autocast_is(
    heads: int, strengths: int, small_sam: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "_STRENGTHS", strengths)
    meta = small_sam(heads=heads).image_encoder
    with torch.no_grad():
        expected = meta(image())
        with torch.autocast("cpu", torch.bfloat16):
            autocast = meta(image()).float()
    found = FastEncoder(meta, torch.bfloat16).encode(image())

    assert found.dtype == torch.float32
    assert correlation(found, expected) >= 0.9999
    assert (found - expected).norm() < (autocast - expected).norm()


def test_metas_encoder_gives_up_its_blocks(small_sam: Build) -> None:
    sam = small_sam()
    FastEncoder(sam.image_encoder, torch.bfloat16)

    names = [name for name, _ in sam.image_encoder.named_parameters()]
    assert not any("blocks" in name for name in names)


def after(times: int) -> Callable[[], None]:
    """Return a check that cancels when it was asked so many times before."""
    left = iter(range(times))

    def check() -> None:
        if next(left, None) is None:
            raise Cancelled("The job was cancelled.")

    return check


def test_cancel_is_asked_for_in_and_between_all_blocks(small_sam: Build) -> None:
    encoder, asked = FastEncoder(small_sam().image_encoder, None), []
    encoder.encode(image(), lambda: asked.append(1))

    # Each of three blocks: before and in its attention, around its MLP; then the end.
    assert len(asked) >= 3 * 4 + 1
    for times in range(len(asked)):
        with pytest.raises(Cancelled):
            encoder.encode(image(), after(times))


def test_a_table_holds_distances_from_key_to_query() -> None:
    # Three tokens: vectors of 2 behind, 1 behind, 0, 1 ahead, 2 ahead count 0 to 4.
    positions = torch.arange(5.0)[:, None]

    assert attention.table(positions)[..., 0].tolist() == [
        [2, 1, 0],
        [3, 2, 1],
        [4, 3, 2],
    ]


def test_attention_by_hand_on_two_tokens() -> None:
    # Two tokens in a column, one feature: strengths are q·k + q·R[distance].
    queries = torch.tensor([[[1.0], [2.0]]])
    keys = torch.tensor([[[0.0], [1.0]]])
    values = torch.tensor([[[10.0], [20.0]]])
    rows = attention.table(torch.tensor([[0.5], [0.0], [-0.5]]))
    columns = attention.table(torch.tensor([[0.25]]))
    strengths = torch.tensor([[1 * 0 + 0, 1 * 1 + 0.5], [2 * 0 - 1, 2 * 1 + 0]])
    expected = strengths.softmax(-1) @ values[0]

    for function in (attention.attend, attention.attend_in_half):
        found = function(queries, keys, values, rows, columns, lambda: None)
        torch.testing.assert_close(found[0], expected)
