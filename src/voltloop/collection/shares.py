"""Fill boxes with runs of equal pieces, largest pieces first."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["first_fit_decreasing"]

_Run = tuple[int, float, int]


def first_fit_decreasing(
    runs: Sequence[_Run], capacity_kg: float, max_pieces: int, max_boxes: int | None = None
) -> tuple[list[list[_Run]], list[_Run]]:
    """Put runs (id, mass of one piece [kg], count) into boxes, each piece into the first box that has room.

    Parameters
    ----------
    capacity_kg, max_pieces
        What one box holds. Each piece must fit an empty box.
    max_boxes
        Boxes at hand; None: as many as needed.

    Returns
    -------
    tuple
        The content of each box as runs, and the runs that found no box.

    Notes
    -----
    Pieces of one run are placed together by division, so that a run of thousands costs no more than a few steps.
    First fit decreasing needs at most 11/9 of the fewest boxes, plus 6/9 (Dosa 2007).

    Examples
    --------
    >>> first_fit_decreasing([(1, 3.0, 2), (2, 5.0, 1)], 8.0, 10)
    ([[(2, 5.0, 1), (1, 3.0, 1)], [(1, 3.0, 1)]], [])
    """
    boxes: list[list[_Run]] = []
    free_kg: list[float] = []
    free_pieces: list[int] = []
    over: list[_Run] = []
    first_open = 0
    for name, mass, count in sorted(runs, key=lambda run: (-run[1], run[0])):
        left = count
        index = first_open
        while left:
            if index == len(boxes):
                if max_boxes is not None and len(boxes) >= max_boxes:
                    over.append((name, mass, left))
                    break
                boxes.append([])
                free_kg.append(capacity_kg)
                free_pieces.append(max_pieces)
            fits = min(left, free_pieces[index], int((free_kg[index] + 1e-9) / mass))
            if fits > 0:
                boxes[index].append((name, mass, fits))
                free_kg[index] -= fits * mass
                free_pieces[index] -= fits
                left -= fits
            elif not boxes[index]:
                over.append((name, mass, left))
                boxes.pop()
                free_kg.pop()
                free_pieces.pop()
                break
            while first_open < len(boxes) and free_pieces[first_open] == 0:
                first_open += 1
            index = max(index + 1, first_open)
    return boxes, over
