"""
The path in 3-D, and the descent laboratory
===========================================

With one feature and an intercept the whole cost can be drawn: a bowl over the
plane of w and b.  We draw it here, and then write a page in which you can rotate
it, change the descent and run it again.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import scale

from sklearn_gd import DescentPathDisplay, GradientDescentRegressor

# Body mass index against the progress of the disease a year later.
X, y = load_diabetes(return_X_y=True, as_frame=True)
X = X[["bmi"]].apply(scale)

# %%
# The bowl
# --------
# With a learning rate of 0.15 the steps are short enough to be seen one by one.

reg = GradientDescentRegressor(0.15, max_iter=40, tol=0, store_path=True).fit(X, y)
display = DescentPathDisplay.from_estimator(
    reg, X, y, parameters=("bmi", "intercept"), kind="surface"
)
display.ax_.set_title("J and the path of the descent")

# %%
# Seen from above, the steps are perpendicular to the level lines, as the
# negative gradient is.

display.plot(kind="contour")

# %%
# The laboratory
# --------------
# It is one file, which needs neither network nor Python.  Step through the descent
# with the slider or the arrow keys; then move the learning rate beyond 2/L, or
# click on the map to start somewhere else.

display.to_html("descent_laboratory.html")

# %%
# .. raw:: html
#
#    <p><a href="descent_laboratory.html">Open the laboratory in a page of its own</a></p>
#    <iframe src="descent_laboratory.html" title="Descent laboratory"
#            style="width: 100%; height: 900px; border: 1px solid #d0d7de"></iframe>
#
# In a notebook, ``IPython.display.IFrame("descent_laboratory.html", "100%", 900)``
# shows it.

plt.show()
