"""Attention with decomposed relative positions, as the image encoder of SAM has it.

A query at (y, x) looks at a key at (v, u) with the strength

    scale · q·k + q·R_y[y − v] + q·R_x[x − u]

(Li et al., MViTv2, CVPR 2022, eq. 4), where R are learnt tables. Never are all
strengths of a layer in memory: 4096 queries × 4096 keys × 12 heads would take 800 MB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch.nn.functional import scaled_dot_product_attention

# Strengths in memory at once: a few MB stay in the processor's cache.
_STRENGTHS = 1 << 22


def table(positions: torch.Tensor) -> torch.Tensor:
    """Return what a query at each place has to do with a key at each place.

    Parameters
    ----------
    positions : torch.Tensor, (2 n − 1, d)
        Learnt vectors for the distances n − 1 to 1 − n between key and query, along
        one axis of n tokens: the first is for the key furthest ahead.

    Returns
    -------
    torch.Tensor, (n, n, d)
        By place of the query, then of the key.
    """
    n = (len(positions) + 1) // 2
    place = torch.arange(n, device=positions.device)
    return positions[place[:, None] - place[None, :] + n - 1]


def attend(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    rows: torch.Tensor,
    columns: torch.Tensor,
    check: Callable[[], None],
) -> torch.Tensor:
    """Return the mean of the values, weighted by softmax of the strengths, in 32 bits.

    Parameters
    ----------
    queries, keys, values : float32 torch.Tensor, (b, n·m, d)
        Of b heads or windows with n rows and m columns of tokens.
    rows, columns : float32 torch.Tensor, (n, n, d) and (m, m, d)
        What `table` returned for either axis.
    check : callable
        Called every few hundred milliseconds; raises to cancel.
    """
    along_rows, along_columns = _positions(queries, rows, columns)
    out = torch.empty_like(queries)
    for heads, some in _blocks(queries.shape[0], queries.shape[1], keys.shape[1]):
        check()
        bias = along_rows[heads, some, :, None] + along_columns[heads, some, None, :]
        # The fast kernel wants four axes.
        out[heads, some] = scaled_dot_product_attention(
            queries[None, heads, some],
            keys[None, heads],
            values[None, heads],
            attn_mask=bias.flatten(2)[None],
        )[0]
    return out


def attend_in_half(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    rows: torch.Tensor,
    columns: torch.Tensor,
    check: Callable[[], None],
) -> torch.Tensor:
    """Do as `attend` in 16 bits, where plain products of matrices are fastest.

    The relative positions join the product of queries and keys: a query is continued
    by what it has to do with each row and column, a key by ones where its own row and
    column are. So they are added up in 32 bits inside the product.

    Parameters
    ----------
    queries, keys, values, rows, columns, check
        As for `attend`, but in a 16-bit type, with the scale in the queries already
        and taken out of the tables.
    """
    along_rows, along_columns = _positions(queries, rows, columns)
    n, m = along_rows.shape[-1], along_columns.shape[-1]
    place = torch.arange(n * m, device=keys.device)
    ones = torch.zeros(n * m, n + m, dtype=keys.dtype, device=keys.device)
    ones[place, place // m] = 1
    ones[place, n + place % m] = 1
    # What all keys share changes no softmax, but costs digits of the strengths.
    keys = keys - keys.mean(1, keepdim=True)
    asking = torch.cat((queries, along_rows, along_columns), -1)
    asked = torch.cat((keys, ones.expand(len(keys), -1, -1)), -1)
    asked = asked.transpose(1, 2).contiguous()
    out = torch.empty_like(queries)
    for heads, some in _blocks(queries.shape[0], queries.shape[1], keys.shape[1]):
        check()
        weights = (asking[heads, some] @ asked[heads]).softmax(-1)
        out[heads, some] = weights @ values[heads]
    return out


def _positions(
    queries: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (b, n·m, n) and (b, n·m, m): each query with each row and column."""
    n, m = len(rows), len(columns)
    grid = queries.reshape(len(queries), n, m, -1)
    return (
        torch.einsum("bymd,ykd->bymk", grid, rows).flatten(1, 2),
        torch.einsum("bnxd,xkd->bnxk", grid, columns).flatten(1, 2),
    )


def _blocks(heads: int, queries: int, keys: int) -> Iterator[tuple[slice, slice]]:
    """Yield parts of all heads and queries whose strengths are few enough."""
    together = max(1, _STRENGTHS // (queries * keys))
    step = queries if together > 1 else max(1, _STRENGTHS // keys)
    for first in range(0, heads, together):
        for start in range(0, queries, step):
            yield slice(first, first + together), slice(start, start + step)
