"""Potential of the graphite anode against lithium, from the state of charge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["anode_potential"]


def anode_potential(soc: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the open-circuit potential of a graphite anode.

    Parameters
    ----------
    soc
        State of charge, 0 to 1, any shape.

    Returns
    -------
    numpy.ndarray
        Potential against lithium [V], same shape; about 0.09 V full and 0.68 V empty.

    References
    ----------
    Safari and Delacourt 2011, J. Electrochem. Soc. 158:A562, doi:10.1149/1.3567007 (potential); Schimpe et
    al. 2018, J. Electrochem. Soc. 165:A181, doi:10.1149/2.1181714jes (lithiation between 0.0085 empty and
    0.78 full).

    Examples
    --------
    >>> [round(float(v), 3) for v in anode_potential(np.array([0.0, 0.5, 1.0]))]
    [0.684, 0.123, 0.086]
    """
    x = 0.0085 + 0.7715 * soc
    return np.asarray(
        0.6379
        + 0.5416 * np.exp(-305.5309 * x)
        + 0.044 * np.tanh(-(x - 0.1958) / 0.1088)
        - 0.1978 * np.tanh((x - 1.0571) / 0.0854)
        - 0.6875 * np.tanh((x + 0.0117) / 0.0529)
        - 0.0175 * np.tanh((x - 0.5692) / 0.0875)
    )
