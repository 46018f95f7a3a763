"""Ridge regression for many targets by conjugate gradients: a fixed number of steps, no random numbers."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

STEPS: Final = 40
_TINY: Final = 1e-30


def ridge(design: csr_array, targets: NDArray[np.float64], penalty: float) -> NDArray[np.float64]:
    """(columns, targets): minimises |design @ w - targets|^2 + penalty |w|^2, solved in the dual (rows <= columns)."""
    across = csr_array(design.T)
    dual = np.zeros_like(targets)
    residual = targets.copy()
    direction = residual.copy()
    size = (residual * residual).sum(axis=0)
    for _ in range(STEPS):
        image = design @ (across @ direction) + penalty * direction
        step = size / np.maximum((direction * image).sum(axis=0), _TINY)
        dual += step * direction
        residual -= step * image
        shrunk = (residual * residual).sum(axis=0)
        direction = residual + shrunk / np.maximum(size, _TINY) * direction
        size = shrunk
    return np.asarray(across @ dual)


def least_squares(
    columns: NDArray[np.float64], target: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(columns,): weighted least squares."""
    root = np.sqrt(weight)
    solution = np.linalg.lstsq(columns * root[:, None], target * root, rcond=None)[0]
    return np.asarray(solution, dtype=np.float64)
