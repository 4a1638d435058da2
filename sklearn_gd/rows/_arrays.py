"""Arrays of other libraries, read where they are, such as on a GPU.

With ``array_api_dispatch=True`` scikit-learn's checks let them pass.  A read makes its products
on their device, in float64; vectors go there and sums come back as NumPy's.  Of their
libraries only what the array API standard has is used.
"""

import copy
import math

import numpy as np
from sklearn import config_context, get_config
from sklearn.utils import _array_api as sklearn_arrays

from ._blocks import DenseBlock, some_vector

# Since scikit-learn 1.9, which has `move_to` too.
IS_SUPPORTED = hasattr(sklearn_arrays, "check_same_namespace")
# Bytes of a block: a device needs much to do at a time.  On a processor, which gains from its
# cache, reads of float32 took a third longer with a quarter and with eight times as many.
DEVICE_BLOCK_BYTES, HOST_BLOCK_BYTES = 1 << 26, 1 << 23
# The processor among the kinds of devices that DLPack numbers.
PROCESSOR = 1


class DeviceArray:
    """A 2-D array of another library, of which rows are taken as of NumPy's.

    Parameters
    ----------
    array : array of shape (n_rows, n_features)

    Attributes
    ----------
    dtype : numpy dtype
        The one of NumPy's that is its dtype.
    least_rows : int
        How many rows to read at a time.
    """

    ndim = 2
    # Its library may keep the choice of a device for each thread, too.
    is_threaded = True
    are_views = False

    def __init__(self, array):
        self._array = array
        self._xp, _, self._device = sklearn_arrays.get_namespace_and_device(array)
        self.shape = tuple(array.shape)
        self.size = self.n_stored = math.prod(self.shape)
        self.dtype = self._in_numpy(array[:0, :]).dtype
        widest = sklearn_arrays._max_precision_float_dtype(self._xp, self._device)
        self._has_float64 = widest == self._xp.float64
        is_device = self._has_float64 and array.__dlpack_device__()[0] != PROCESSOR
        of_block = DEVICE_BLOCK_BYTES if is_device else HOST_BLOCK_BYTES
        self.least_rows = of_block // (8 * max(self.shape[1], 1))

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        """Return some rows, given as a slice or an array of their numbers, as NumPy's float64."""
        return np.asarray(self._in_numpy(self._some(rows)), dtype=np.float64)

    def block(self, rows, in_parts):
        """Return a block of some rows; see `_stored.Stored`."""
        if not self._has_float64:
            return DenseBlock(self[rows])
        some = self._xp.astype(self._some(rows), self._xp.float64, copy=False)
        return ArrayBlock(some, self._xp, self._device)

    def _some(self, rows):
        if isinstance(rows, slice):
            return self._array[rows, :]
        return self._xp.take(self._array, _on_device(rows, self._xp, self._device), axis=0)

    def _in_numpy(self, array):
        return sklearn_arrays._convert_to_numpy(array, self._xp)

    def predictions(self, coef, intercept):
        """Return ``X @ coef.T + intercept`` in the array's library, as coef and intercept are."""
        xp, X = self._xp, self._array
        is_float = xp.isdtype(X.dtype, "real floating")
        dtype = xp.result_type(X, coef) if is_float else coef.dtype
        coef = xp.astype(coef.T if coef.ndim == 2 else coef, dtype, copy=False)
        # Without a converted copy of X as a whole.
        n_rows = len(self)
        starts = range(0, n_rows, n_rows if X.dtype == dtype else self.least_rows)
        stops = [*starts[1:], n_rows]
        parts = [
            xp.matmul(xp.astype(X[start:stop, :], dtype, copy=False), coef)
            for start, stop in zip(starts, stops, strict=True)
        ]
        return xp.concat(parts) + intercept


class ArrayBlock:
    """Rows in a float64 array of another library, as NumPy's are in `DenseBlock`.

    Parameters
    ----------
    X : array of shape (n_rows, n_features)
    xp : module
        Its namespace.
    device : object
        Where it is.
    """

    def __init__(self, X, xp, device):
        self._X, self._xp, self._device = X, xp, device
        self.shape = tuple(X.shape)

    def times(self, v):
        """Return X v, a new array."""
        return self._back(self._xp.matmul(self._X, self._there(v)))

    def transpose_times(self, v):
        """Return X^T v, a new array."""
        return self._back(self._xp.matmul(self._X.T, self._there(v)))

    def about(self, shift):
        """Return the rows minus the shift."""
        return self._like(self._X - self._there(shift))

    def gram(self, root, shift, y, ones):
        """Return sums of products."""
        block = self._standard(root, shift)
        second = self._back(self._xp.matmul(block._X.T, block._X))
        return second, *block._sums(y, ones)

    def squares(self, root, shift, y, ones):
        """Return sums of squares."""
        block = self._standard(root, shift)
        along = block.times(some_vector(self.shape[1]))
        squares = self._back(self._xp.sum(block._X * block._X, axis=0))
        return squares, np.array([along.dot(along)]), *block._sums(y, ones)

    def _sums(self, y, ones):
        """Return the products of the transpose with y and ones, by one transfer."""
        sums = self.transpose_times(np.column_stack([y, ones]))
        return sums[:, :-1], sums[:, -1]

    def _standard(self, root, shift):
        """Rows about the shift, times the roots of their weights."""
        block = self.about(shift) if shift.any() else self
        return block if root is None else self._like(block._X * self._there(root[:, None]))

    def _like(self, X):
        return ArrayBlock(X, self._xp, self._device)

    def _there(self, array):
        return _on_device(array, self._xp, self._device)

    def _back(self, array):
        # A copy, as a kernel may add to it.
        return np.array(sklearn_arrays._convert_to_numpy(array, self._xp))

    # What only errors ask for is found on the host.

    def dense(self):
        """Return a new ndarray."""
        return self._back(self._X)

    @property
    def stored(self):
        """The numbers that are stored."""
        return self.dense()

    def count(self, chosen):
        """Return for each feature how many of its numbers are chosen."""
        return chosen.sum(axis=0)

    def magnitudes(self, chosen, weights):
        """Return sums of the chosen features' magnitudes."""
        return DenseBlock(self.dense()).magnitudes(chosen, weights)


def _on_device(array, xp, device):
    # A copy, as some libraries warn of arrays that may not be written to.
    return xp.asarray(np.array(array, order="C"), device=device)


def is_other(data):
    """Whether data is an array of another library, to be read where it is."""
    if not (_may_be_other(data) and get_config()["array_api_dispatch"]):
        return False
    xp, _ = sklearn_arrays.get_namespace(data)
    return not sklearn_arrays._is_numpy_namespace(xp)


def _may_be_other(data):
    """Whether data is an array, but none of NumPy; data frames and lists have no such method."""
    return not isinstance(data, np.ndarray | np.generic) and hasattr(data, "__dlpack__")


def as_read(X, name):
    """Return an X that scikit-learn's checks let pass, as a DeviceArray if it is not NumPy's."""
    if not is_other(X):
        return X
    if not IS_SUPPORTED:
        module = type(X).__module__.partition(".")[0]
        raise TypeError(
            f"{name} is an array of {module}, and array_api_dispatch=True asks for a fit in "
            f"{module}, which needs scikit-learn 1.9 or later; pass numpy.asarray({name}), or "
            "call sklearn.set_config(array_api_dispatch=False)."
        )
    return DeviceArray(X)


def in_numpy(data):
    """Return an array of another library as NumPy's, and anything else as it is."""
    if not is_other(data):
        return data
    xp, _ = sklearn_arrays.get_namespace(data)
    return sklearn_arrays._convert_to_numpy(data, xp)


def moved(attributes, X):
    """Return attributes by name, NumPy's numbers among them in the library and place of X."""
    if not is_other(X):
        return attributes
    xp, _, device = sklearn_arrays.get_namespace_and_device(X)

    def there(value):
        is_moved = isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biuf"
        return sklearn_arrays.move_to(np.array(value), xp=xp, device=device) if is_moved else value

    return {name: there(value) for name, value in attributes.items()}


def on_host(estimator):
    """Return the estimator, or if its fitted attributes are not NumPy's a copy that has such."""
    if not _may_be_other(estimator.coef_):
        return estimator
    other = copy.copy(estimator)
    with config_context(array_api_dispatch=True):
        vars(other).update({name: in_numpy(value) for name, value in vars(estimator).items()})
    return other


def fitted_where(X, estimator, method):
    """Return the fitted estimator as it is to predict for X, by its method of this name.

    Raises scikit-learn's error if arrays are to stay where they are, and X is elsewhere.
    """
    if not (_may_be_other(X) or _may_be_other(estimator.coef_)):
        return estimator
    if not get_config()["array_api_dispatch"]:
        return on_host(estimator)
    if IS_SUPPORTED:
        sklearn_arrays.check_same_namespace(X, estimator, attribute="coef_", method=method)
    return estimator


def all_finite(array):
    """Whether all numbers of an array, of any library, are finite."""
    if isinstance(array, np.ndarray):
        return bool(np.isfinite(array).all())
    xp, _ = sklearn_arrays.get_namespace(array)
    return bool(xp.all(xp.isfinite(array)))
