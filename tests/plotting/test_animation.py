"""The path that grows step by step."""

import gc
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.animation import AbstractMovieWriter, FuncAnimation, PillowWriter
from numpy.testing import assert_array_equal
from PIL import Image
from sklearn.exceptions import ConvergenceWarning

from sklearn_gd import DescentPathDisplay, GradientDescentRegressor

from ..problems import with_condition

X, Y = with_condition(10.0, 60, 2, seed=1)


def displayed(alpha=0.3, max_iter=12):
    reg = GradientDescentRegressor(alpha, max_iter=max_iter, tol=0).fit(X, Y)
    return DescentPathDisplay(DescentPathDisplay.from_estimator(reg, X, Y).descent)


def test_it_is_saved_with_a_frame_for_each_iterate(tmp_path):
    animation = displayed(max_iter=5).animate(interval=100)
    assert isinstance(animation, FuncAnimation)
    animation.save(tmp_path / "path.gif", writer=PillowWriter(fps=10), dpi=40)
    with Image.open(tmp_path / "path.gif") as image:
        assert image.n_frames == 6


class Watching(AbstractMovieWriter):
    """Notes what is drawn in each frame."""

    def setup(self, fig, outfile, dpi=None):
        self.paths, self.titles = [], []

    def grab_frame(self, **how):
        self.paths.append(self.display.line_.get_xydata().copy())
        self.titles.append(self.display.ax_.get_title())

    def finish(self):
        pass


def test_no_legend_covers_the_path():
    display = displayed()
    display.animate()
    assert display.ax_.get_legend() is None


def test_the_path_grows():
    display, writer = displayed(), Watching()
    animation = display.animate()
    assert display.animation_ is animation
    writer.display = display
    animation.save("nowhere", writer=writer)
    path, losses = display.descent.steps, display.descent.losses
    assert len(writer.paths) == 13
    for k, drawn in enumerate(writer.paths):
        assert_array_equal(drawn, path[: k + 1])
        assert writer.titles[k] == f"step {k} of 12: J = {losses[k]:.5g}"
    assert display.quiver_ is None
    # The picture as a whole is what plot draws.
    limits = display.ax_.get_xlim(), display.ax_.get_ylim()
    display.plot()
    assert (display.ax_.get_xlim(), display.ax_.get_ylim()) == limits


def test_of_a_long_run_the_first_steps_are_dense():
    frames = list(displayed(max_iter=3000).animate(most_frames=40).new_frame_seq())
    assert len(frames) <= 40
    assert frames[:20] == list(range(20))
    assert frames[-1] == 3000
    assert len(list(displayed(max_iter=3000).animate(most_frames=2).new_frame_seq())) == 2


def test_a_path_that_leaves_the_picture():
    with pytest.warns(ConvergenceWarning):
        display = displayed(alpha=2.5)
    display.plot()
    n_drawn = len(display.line_.get_xydata())
    assert n_drawn < 13
    assert list(display.animate().new_frame_seq()) == list(range(n_drawn))


def test_no_step_at_all():
    reg = GradientDescentRegressor().fit(X, 0 * Y)
    display = DescentPathDisplay.from_estimator(reg, X, 0 * Y)
    assert list(display.animate().new_frame_seq()) == [0]


def test_nothing_is_said_when_it_is_dropped():
    """Matplotlib warns of an animation that ends before its first frame."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        display = displayed()
        display.animate()
        display.animate()
        plt.close("all")
        del display
        gc.collect()


def test_on_given_axes():
    figure = plt.figure()
    left, right = figure.subfigures(1, 2)
    ax = right.add_subplot()
    left.add_subplot(projection="3d")
    display = displayed()
    display.animate(ax=ax, aspect="equal")
    assert display.ax_ is ax
    assert ax.get_title().startswith("step 0 of 12")
    assert ax.get_aspect() == 1.0
    with pytest.raises(ValueError, match="must not be 3-D"):
        display.animate(ax=left.axes[0])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"interval": 0}, ValueError, "interval"),
        ({"interval": np.nan}, ValueError, "interval"),
        ({"interval": "fast"}, TypeError, "interval"),
        ({"most_frames": 1}, ValueError, "most_frames"),
        ({"most_frames": 2.5}, TypeError, "most_frames"),
        ({"most_frames": True}, TypeError, "most_frames"),
        ({"aspect": "wide"}, ValueError, "aspect must be"),
    ],
)
def test_wrong_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        displayed().animate(**arguments)
