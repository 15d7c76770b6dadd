"""Scenes of random shapes and textures, so that a model learns more than nuclei."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_segsuite.data.synthesis.nuclei import nuclei

EDGE = 224
"""Rows and columns of a scene."""


@dataclass(frozen=True)
class Scene:
    """A picture and its objects."""

    image: NDArray[np.uint8]
    """Shape (1, Y, X) or (3, Y, X)."""
    labels: tuple[NDArray[np.uint16], ...]
    """Instance ids, (Y, X), 0 = none; a second array holds parts of objects."""


@dataclass(frozen=True)
class Look:
    """How the surfaces of a scene's objects look, in parts of their strength."""

    texture: float
    """Strength of clouds on the surface."""
    grain: float
    """Width of these clouds in pixels."""
    slope: float
    """Change of brightness from one side to the other."""
    rim: float
    """Strength of a thin rim; negative: darker."""
    dome: float
    """How much darker the surface gets towards the border."""
    hollow: bool
    """Whether there is only a rim."""


Light = NDArray[np.float64]
Drawn = tuple[tuple[NDArray[np.uint16], ...], Light]
"""Arrays of labels, and the light of the scene."""


def scene(rng: np.random.Generator) -> Scene:
    """Draw a scene of a random kind."""
    kind = rng.choice(
        ["shapes", "tissue", "nested", "organs", "nuclei"],
        p=[0.42, 0.14, 0.16, 0.16, 0.12],
    )
    if kind == "nuclei":
        return _nuclei(rng)
    draw = {"shapes": _shapes, "tissue": _tissue, "nested": _nested, "organs": _organs}
    labels, light = draw[kind](rng)
    return Scene(_exposed(rng, light), labels)


def _nuclei(rng: np.random.Generator) -> Scene:
    radius = float(np.exp(rng.uniform(np.log(4), np.log(18))))
    image, labels = nuclei(
        rng,
        (EDGE, EDGE),
        (1.0, 1.0),
        count=int(rng.integers(5, max(6, 9000 // radius**2 // 4))),
        radius=radius,
    )
    low, high = np.percentile(image, (0.1, 99.9))
    shown = np.clip((image - low) / max(high - low, 1), 0, 1)
    return Scene(np.rint(255 * shown[None]).astype(np.uint8), (labels,))


def _shapes(rng: np.random.Generator) -> Drawn:
    """Separate, touching or overlapping shapes on a textured ground."""
    labels = np.zeros((EDGE, EDGE), np.uint16)
    light = _ground(rng)
    typical = np.exp(rng.uniform(np.log(6), np.log(55)))
    count = int(np.clip(rng.uniform(0.15, 0.7) * EDGE**2 / (3 * typical**2), 2, 60))
    contrast = rng.choice([-1, 1]) * rng.uniform(0.25, 1.0)
    apart = rng.random() < 0.5
    look = _look(rng)
    style = rng.choice(
        ["bumpy", "polygon", "box", "worm", "mixed"], p=[0.5, 0.14, 0.08, 0.08, 0.2]
    )
    for _ in range(count):
        size = typical * np.exp(rng.normal(0, 0.3))
        inside = _shape(rng, rng.uniform(0, EDGE, 2), size, style)
        if apart and labels[inside].any():
            continue
        if inside.sum() < 20:
            continue
        labels[inside] = labels.max() + 1
        strength = contrast * np.exp(rng.normal(0, 0.3))
        _paint(rng, light, inside, strength, look)
    return (labels,), light


def _tissue(rng: np.random.Generator) -> Drawn:
    """Cells that fill the picture, with walls, or told apart by their brightness."""
    count = int(np.exp(rng.uniform(np.log(6), np.log(160))))
    labels, distance = _cells(rng, count)
    light = _ground(rng)
    values = rng.normal(0, rng.choice([0.1, 0.5]), count + 1)
    light = light + values[labels]
    wall = rng.uniform(1, 3)
    light += (
        rng.choice([-1, 1]) * rng.uniform(0.4, 1.2) * np.exp(-((distance / wall) ** 2))
    )
    if rng.random() < 0.5:
        # Gaps between cells.
        labels = np.where(distance < wall, 0, labels)
    return (labels.astype(np.uint16),), light


def _nested(rng: np.random.Generator) -> Drawn:
    """Objects with something inside that is an object of its own: cells and nuclei."""
    outer = np.zeros((EDGE, EDGE), np.uint16)
    inner = np.zeros_like(outer)
    light = _ground(rng)
    typical = np.exp(rng.uniform(np.log(12), np.log(50)))
    count = int(np.clip(0.5 * EDGE**2 / (3 * typical**2), 2, 40))
    contrast = rng.choice([-1, 1]) * rng.uniform(0.2, 0.8)
    second = rng.choice([-1, 1]) * rng.uniform(0.3, 1.0)
    look, within = _look(rng), _look(rng)
    for _ in range(count):
        size = typical * np.exp(rng.normal(0, 0.2))
        centre = rng.uniform(0, EDGE, 2)
        whole = _shape(rng, centre, size, "bumpy")
        if outer[whole].any() or whole.sum() < 60:
            continue
        part = (
            _shape(
                rng,
                centre + rng.normal(0, 0.12 * size, 2),
                size * rng.uniform(0.3, 0.65),
                "bumpy",
            )
            & whole
        )
        number = outer.max() + 1
        outer[whole] = number
        _paint(rng, light, whole, contrast * np.exp(rng.normal(0, 0.2)), look)
        if part.sum() >= 20:
            inner[part] = number
            _paint(rng, light, part, second * np.exp(rng.normal(0, 0.2)), within)
    return (outer, inner), light


def _organs(rng: np.random.Generator) -> Drawn:
    """Large smooth regions beside each other, each of its own brightness, in a body."""
    labels, _ = _cells(rng, int(rng.integers(4, 22)), warp=rng.uniform(6, 20))
    keep = rng.random(int(labels.max()) + 1) < 0.7
    values = rng.normal(0, 0.6, len(keep))
    values[~keep] = values[0]
    keep[0] = False
    light = ndimage.gaussian_filter(values[labels], rng.uniform(0.3, 1.2))
    light = light + rng.uniform(0.02, 0.15) * _clouds(rng, rng.uniform(0.5, 3))
    labels = np.where(keep[labels], labels, 0)
    for _ in range(int(rng.integers(0, 12))):
        inside = _shape(
            rng,
            rng.uniform(0, EDGE, 2),
            np.exp(rng.uniform(np.log(4), np.log(40))),
            "bumpy",
        )
        if inside.sum() < 20:
            continue
        labels[inside] = labels.max() + 1
        light[inside] = rng.normal(0, 0.7)
        light[inside] += rng.uniform(0, 0.1) * rng.normal(size=int(inside.sum()))
    if rng.random() < 0.5:
        body = _shape(rng, np.full(2, EDGE / 2), EDGE * 0.47, "bumpy")
        labels = np.where(body, labels, 0)
        light = np.where(body, light, light.min() - rng.uniform(0, 1.5))
    return (labels.astype(np.uint16),), light


def _cells(
    rng: np.random.Generator, count: int, warp: float | None = None
) -> tuple[NDArray[np.int64], Light]:
    """Return warped cells of nearest points, and the distance to their walls."""
    points = rng.uniform(0, EDGE, (count, 2))
    grid = np.indices((EDGE, EDGE)).astype(float)
    width = EDGE / np.sqrt(count) / 3 if warp is None else warp
    for axis in range(2):
        grid[axis] += width * 0.4 * _clouds(rng, max(width, 2))
    away = np.hypot(*(grid[:, None] - points.T[:, :, None, None]))
    labels = away.argmin(0) + 1
    edges = (ndimage.maximum_filter(labels, 3) != labels) | (
        ndimage.minimum_filter(labels, 3) != labels
    )
    return labels, ndimage.distance_transform_edt(~edges)


def _shape(
    rng: np.random.Generator, centre: NDArray[np.float64], size: float, style: str
) -> NDArray[np.bool_]:
    """Return the pixels of a shape of about `size` as its radius."""
    if style == "mixed":
        style = rng.choice(["bumpy", "polygon", "box", "worm"])
    y, x = np.indices((EDGE, EDGE)).astype(np.float32)
    turn = rng.uniform(0, np.pi)
    dy, dx = y - np.float32(centre[0]), x - np.float32(centre[1])
    u = np.float32(np.cos(turn)) * dx + np.float32(np.sin(turn)) * dy
    v = np.float32(np.cos(turn)) * dy - np.float32(np.sin(turn)) * dx
    ratio = np.float32(np.exp(-abs(rng.normal(0, 0.35))))
    if style == "box":
        return (abs(u) < size) & (abs(v) < size * ratio)
    if style == "worm":
        bend = size * rng.uniform(-1, 1) * np.cos(u / size * rng.uniform(0.5, 2))
        return (abs(u) < 1.6 * size) & (abs(v - bend) < max(2, 0.3 * size * ratio))
    near = (abs(u) < 2 * size) & (abs(v) < 2 * size)
    angle = np.arctan2(v[near], u[near])
    if style == "polygon":
        corners = int(rng.integers(3, 9))
        sector = np.pi / corners
        reach = np.cos(sector) / np.cos((angle + np.pi) % (2 * sector) - sector)
    else:
        reach = np.ones_like(angle)
        rough = rng.choice([0.02, 0.08, 0.2])
        for k in range(2, 7):
            reach += (
                rough / (k - 1) * rng.normal() * np.cos(k * angle + rng.uniform(0, 7))
            )
    inside = np.zeros(near.shape, bool)
    inside[near] = np.hypot(u[near], v[near] / ratio) < size * reach
    return inside


def _look(rng: np.random.Generator) -> Look:
    """Draw how the surfaces of a scene's objects look."""
    return Look(
        texture=rng.choice([0.0, 0.1, 0.3, 0.8]) * rng.uniform(0.5, 1),
        grain=float(np.exp(rng.uniform(np.log(0.7), np.log(7)))),
        slope=rng.choice([0.0, 0.5]) * rng.uniform(0, 1),
        rim=rng.choice([0.0, 0.0, 1.0]) * rng.uniform(-1, 1),
        dome=rng.choice([0.0, 0.0, 1.0]) * rng.uniform(0, 0.8),
        hollow=rng.random() < 0.08,
    )


def _paint(
    rng: np.random.Generator,
    light: Light,
    inside: NDArray[np.bool_],
    strength: float,
    look: Look,
) -> None:
    """Paint an object into the light, in place."""
    rows, columns = ndimage.find_objects(inside.astype(np.uint8))[0]
    part = inside[rows, columns]
    depth = ndimage.distance_transform_edt(np.pad(part, 1))[1:-1, 1:-1]
    relative = depth / depth.max()
    painted = np.full(part.shape, strength)
    painted *= 1 - look.dome * (1 - relative) ** 2
    painted += strength * look.rim * np.exp(-((depth / 2) ** 2))
    if look.hollow:
        painted = strength * np.exp(-(((depth - 1) / 2) ** 2))
    way = rng.uniform(0, 2 * np.pi)
    y, x = np.indices(part.shape)
    ramp = (np.cos(way) * x + np.sin(way) * y) / max(part.shape)
    painted += look.slope * strength * (ramp - ramp.mean())
    if look.texture:
        grain = ndimage.gaussian_filter(rng.normal(size=part.shape), look.grain)
        painted += look.texture * strength * grain / max(grain.std(), 1e-6)
    target = light[rows, columns]
    cover = rng.random() < 0.5
    base = target[part].mean() if cover else target[part]
    target[part] = base + painted[part]


def _ground(rng: np.random.Generator) -> Light:
    ground = np.zeros((EDGE, EDGE))
    y, x = np.indices(ground.shape) / EDGE - 0.5
    if rng.random() < 0.5:
        ground += rng.normal(0, 0.4) * y + rng.normal(0, 0.4) * x
    if rng.random() < 0.6:
        ground += rng.uniform(0, 0.25) * _clouds(
            rng, np.exp(rng.uniform(0, np.log(30)))
        )
    if rng.random() < 0.4:
        ground += rng.uniform(0, 0.2) * _clouds(rng, rng.uniform(0.5, 2))
    return ground


def _clouds(rng: np.random.Generator, width: float) -> Light:
    """Return smooth noise of mean 0 and standard deviation 1."""
    noise = ndimage.gaussian_filter(rng.normal(size=(EDGE, EDGE)), width)
    return noise / max(noise.std(), 1e-9)


def _exposed(rng: np.random.Generator, light: Light) -> NDArray[np.uint8]:
    """Turn light into a picture: optics, noise, and sometimes colour."""
    if rng.random() < 0.7:
        light = ndimage.gaussian_filter(light, rng.uniform(0.3, 1.6))
    low, high = np.percentile(light, (0.2, 99.8))
    grey = (light - low) / max(high - low, 1e-6)
    if rng.random() < 0.5:
        picture = grey[None]
    else:
        dark, bright = rng.uniform(0, 1, (2, 3, 1, 1))
        while abs(bright - dark).max() < 0.5:
            dark, bright = rng.uniform(0, 1, (2, 3, 1, 1))
        picture = dark + (bright - dark) * grey
        tint = rng.normal(0, 0.03, 3)[:, None, None] * _clouds(rng, rng.uniform(1, 15))
        picture = picture + tint
        low, high = np.percentile(picture, (0.2, 99.8))
        picture = (picture - low) / max(high - low, 1e-6)
    picture = picture + rng.normal(0, rng.choice([0.01, 0.03, 0.08]), picture.shape)
    return np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)
