"""Types of what users pass and get: as narrow as they can be without false errors."""

from collections.abc import Callable, Iterable
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
"""float32 or float64."""

# Arrays, sparse matrices, data frames of any kind and Dask collections share no type.
MatrixLike: TypeAlias = Any
TargetsLike: TypeAlias = Any
WeightsLike: TypeAlias = Any

# Which of the two it is depends on the number of targets (or curves), which no type tells; a
# union would cause an error wherever the user knows which.
FloatOrArray: TypeAlias = Any
IntOrArray: TypeAlias = Any

Auto: TypeAlias = Literal["auto"]
AxisScale: TypeAlias = Literal["linear", "log"]
Status: TypeAlias = Literal["converged", "early_stopped", "stopped", "max_iter", "diverged"]

Function = TypeVar("Function", bound=Callable[..., Any])
"""For decorators whose result can be called in the same way as what they are given."""


class LearningRateLike(Protocol):
    """A learning rate whose class itself declares what LearningRate has defaults for."""

    @property
    def kind(self) -> str: ...

    @property
    def needs_spectrum(self) -> bool: ...

    @property
    def projects(self) -> bool: ...

    def start(self, problem: Any, /) -> Any: ...


class Splitter(Protocol):
    """What scikit-learn's cross-validation generators are."""

    def split(self, *args: Any, **kwargs: Any) -> Iterable[Any]:
        """Return train and test rows of each split."""
        ...


class DaskCollection(Protocol):
    """A Dask array or dataframe, recognised by the method that makes it one."""

    def __dask_graph__(self) -> Any: ...


class LinearModel(Protocol):
    """What predicts w . x + b."""

    coef_: Floats
    intercept_: FloatOrArray
