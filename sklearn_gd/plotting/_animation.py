"""The path of a descent that grows step by step."""

from ._colours import VERMILLION
from ._optional import require
from ._steps import kept_steps


def animated(descent, ax, line, interval, most_frames):
    """Return the animation of a path that is drawn.

    Parameters
    ----------
    descent : RecordedDescent
    ax : matplotlib Axes
    line : matplotlib Line2D
        The path, or the beginning of one that leaves the picture.
    interval : float
        Milliseconds between two frames.
    most_frames : int
    """
    steps, n_iter = line.get_xydata(), len(descent.alphas)
    # It would look for another place at each frame, and cover what is to come.
    ax.get_legend().remove()
    (here,) = ax.plot(*steps[:1].T, "o", color=VERMILLION, markeredgecolor="black", zorder=4)

    def show(k):
        line.set_data(*steps[: k + 1].T)
        here.set_data(*steps[k : k + 1].T)
        ax.set_title(f"step {k} of {n_iter}: J = {descent.losses[k]:.5g}")
        return line, here

    figure = ax.figure.canvas.figure  # not a SubFigure
    frames = kept_steps(len(steps), most_frames).tolist()
    module = require("matplotlib.animation", "DescentPathDisplay.animate")
    animation = module.FuncAnimation(figure, show, frames=frames, interval=interval)
    # With the first frame; Matplotlib warns of animations that end before that.
    figure.canvas.draw()
    return animation
