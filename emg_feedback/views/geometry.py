"""Shapes as triangles whose edges fade over one pixel; those that come again are kept.

A mesh is made around its own origin, in pixels, y down.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Point = tuple[float, float]
Array = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.floating]
FEATHER_PX = 1.0
QUAD = np.array([0, 1, 2, 0, 2, 3])


class Mesh(NamedTuple):
    """Corners of triangles, shape (3 n, 2), and the opacity of each, shape (3 n,)."""

    positions: Array
    alpha: Array


@lru_cache(maxsize=512)
def polygon(points: tuple[Point, ...]) -> Mesh:
    """Return a filled convex polygon, clockwise on the screen."""
    corners = np.array(points, dtype=np.float32)
    offset = _miters(corners) * (FEATHER_PX / 2)
    lanes = np.stack([corners - offset, corners + offset], axis=1)
    inner = lanes[:, 0]
    first = np.broadcast_to(inner[0], inner[1:-1].shape)
    fan = np.stack([first, inner[1:-1], inner[2:]], axis=1).reshape(-1, 2)
    edge = _weave(np.concatenate([lanes, lanes[:1]]), (1.0, 0.0))
    return Mesh(
        np.concatenate([fan, edge.positions]),
        np.concatenate([np.ones(len(fan), dtype=np.float32), edge.alpha]),
    )


@lru_cache(maxsize=64)
def star(radius: float) -> Mesh:
    """Return a filled star with five points around the origin."""
    corners = _star(radius)
    lanes = np.stack([corners, corners + _miters(corners) * FEATHER_PX], axis=1)
    after = np.roll(corners, -1, axis=0)
    fan = np.stack([np.zeros_like(corners), corners, after], axis=1).reshape(-1, 2)
    edge = _weave(np.concatenate([lanes, lanes[:1]]), (1.0, 0.0))
    return Mesh(
        np.concatenate([fan, edge.positions]),
        np.concatenate([np.ones(len(fan), dtype=np.float32), edge.alpha]),
    )


@lru_cache(maxsize=64)
def star_outline(radius: float, width: float) -> Mesh:
    """Return the outline of a star, ``width`` pixels wide, inside its radius."""
    corners = _star(radius - width)
    lanes = corners[:, None, :] + _across(width)[None, :, None] * _miters(corners)[:, None, :]
    return _weave(np.concatenate([lanes, lanes[:1]]), (0.0, 1.0, 1.0, 0.0))


def area(x: Numbers, top: Numbers, bottom: Numbers) -> Mesh:
    """Return the area between two lines over the same ``x``, each of shape (n_points,)."""
    half = np.float32(FEATHER_PX / 2)
    edges = (top - half, top + half, bottom - half, bottom + half)
    lanes = np.stack([np.stack([x, y], axis=1) for y in edges], axis=1).astype(np.float32)
    return _weave(lanes, (0.0, 1.0, 1.0, 0.0))


@lru_cache(maxsize=1024)
def rounded(width: int, height: int, radius: float) -> Mesh:
    """Return a rectangle with rounded corners; the origin is its top left."""
    arc = _arc(radius, 0.25)
    corners = [
        ((width - radius, radius), 0),
        ((width - radius, height - radius), 1),
        ((radius, height - radius), 2),
        ((radius, radius), 3),
    ]
    points = np.concatenate([_turned(arc, quarters) + centre for centre, quarters in corners])
    apart = np.hypot(*(points - np.roll(points, 1, axis=0)).T) > 1e-3
    return polygon(tuple(map(tuple, points[apart].tolist())))


@lru_cache(maxsize=128)
def disc(radius: float) -> Mesh:
    """Return a disc around the origin."""
    return polygon(tuple(map(tuple, _arc(radius, 1.0)[:-1].tolist())))


@lru_cache(maxsize=512)
def ring(radius: float, thickness: float, turn: float, start: float) -> Mesh:
    """Return an arc clockwise from twelve o'clock; ``turn``, ``start`` are parts of a circle."""
    spokes = _turned(_arc(radius, turn), 4 * start) / np.float32(radius)
    lanes = (radius - thickness / 2 + _across(thickness))[None, :, None] * spokes[:, None, :]
    return _weave(lanes, (0.0, 1.0, 1.0, 0.0))


@lru_cache(maxsize=64)
def hatch(width: int, height: int, step: float, thickness: float) -> Mesh:
    """Return diagonal lines over a rectangle; the origin is its top left."""
    lines = []
    for offset in np.arange(step / 2, width + height, step):
        ends = (max(0.0, offset - height), min(float(width), offset))
        line = np.array([(x, offset - x) for x in ends], dtype=np.float32)
        lines.append(ribbon(line, thickness))
    return Mesh(*(np.concatenate(parts) for parts in zip(*lines, strict=True)))


def ribbon(line: Sequence[Point] | Numbers, width: float) -> Mesh:
    """Return a line of ``width`` pixels through the points of ``line``, at least two."""
    points = np.asarray(line, dtype=np.float32)
    lanes = points[:, None, :] + _across(width)[None, :, None] * _line_miters(points)[:, None, :]
    return _weave(lanes, (0.0, 1.0, 1.0, 0.0))


def _across(width: float) -> Array:
    """Return the lanes of a line: fading, opaque, opaque, fading."""
    core, edge = max(0.0, (width - FEATHER_PX) / 2), (width + FEATHER_PX) / 2
    return np.array([-edge, -core, core, edge], dtype=np.float32)


def _weave(lanes: Array, alpha: tuple[float, ...]) -> Mesh:
    """Return the triangles between neighbouring lanes, shape (n_points, n_lanes, 2)."""
    n_points, n_lanes, _ = lanes.shape
    order = _weave_order(n_points, n_lanes)
    opacity = np.array(alpha, dtype=np.float32)
    return Mesh(lanes.reshape(-1, 2)[order], opacity[order % n_lanes])


@lru_cache(maxsize=256)
def _weave_order(n_points: int, n_lanes: int) -> npt.NDArray[np.intp]:
    start = np.arange(n_points - 1)[:, None] * n_lanes + np.arange(n_lanes - 1)[None, :]
    corners = start[..., None] + np.array([0, n_lanes, n_lanes + 1, 1])
    order: npt.NDArray[np.intp] = corners[..., QUAD].reshape(-1)
    return order


def _arc(radius: float, turn: float) -> Array:
    """Return points on an arc around the origin, clockwise from twelve o'clock."""
    steps = max(2, math.ceil(turn * max(12.0, 6.0 * math.sqrt(radius))))
    angle = np.linspace(0.0, 2 * math.pi * turn, steps + 1)
    return np.stack([np.sin(angle), -np.cos(angle)], axis=1).astype(np.float32) * np.float32(radius)


def _star(radius: float) -> Array:
    """Return the corners of a star, clockwise from twelve o'clock."""
    angle = np.arange(10) * (math.pi / 5)
    reach = np.where(np.arange(10) % 2, 0.45, 1.0) * radius
    return np.stack([np.sin(angle), -np.cos(angle)], axis=1).astype(np.float32) * reach[
        :, None
    ].astype(np.float32)


def _turned(points: Array, quarters: float) -> Array:
    """Return ``points`` turned clockwise around the origin."""
    cosine, sine = math.cos(quarters * math.pi / 2), math.sin(quarters * math.pi / 2)
    return points @ np.array([[cosine, sine], [-sine, cosine]], dtype=np.float32)


def _unit(vectors: Array) -> Array:
    length = np.hypot(vectors[:, 0], vectors[:, 1])[:, None]
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)


def _miters(corners: Array) -> Array:
    """Return the outward offset of each corner that moves both its edges by one pixel."""
    after = _normals(np.concatenate([corners, corners[:1]]))
    return _mitered(np.roll(after, 1, axis=0), after)


def _line_miters(line: Array) -> Array:
    """Return the offset of each point of an open line that moves its pieces by one pixel."""
    normals = _normals(line)
    return _mitered(np.concatenate([normals[:1], normals]), np.concatenate([normals, normals[-1:]]))


def _mitered(before: Array, after: Array) -> Array:
    cosine = np.sum(before * after, axis=1, keepdims=True)
    miters: Array = (before + after) / np.maximum(1.0 + cosine, 0.25)
    return miters


def _normals(line: Array) -> Array:
    """Return the unit normal of each piece of a line."""
    piece = np.diff(line, axis=0)
    return _unit(np.stack([piece[:, 1], -piece[:, 0]], axis=1))
