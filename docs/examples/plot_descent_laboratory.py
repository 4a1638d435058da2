"""
The descent laboratory
======================

A page on your own data that shows what gradient descent does, step by step, and
explains it.  It needs neither network nor Python, and in a notebook one line shows
it.
"""

# sphinx_gallery_thumbnail_path = '_static/laboratory.png'

import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes

from sklearn_gd import DescentLaboratory, DescentPathDisplay, GradientDescentRegressor

# Body mass index against the progress of the disease a year later.
X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
X = X[["bmi"]]

# %%
# One line
# --------
# It fits, and shows.  Start the lesson; or drag the start, the tip of the step or the
# direction d on the map, and move the learning rate beyond 2/L.

DescentLaboratory.from_data(X, y, alpha=0.3, scale=True, max_iter=30, tol=0)

# %%
# Outside of a notebook, ``.open()`` opens it in the browser and
# ``.to_html("laboratory.html")`` writes a file.
#
# A fit that you have
# -------------------
# ``DescentLaboratory.from_estimator`` takes any fitted estimator of this package, or
# a pipeline that ends in one.  Here are all ten features: choose which two the map
# shows, look at small maps of other pairs, and at the errors along the eigenvectors
# of H.

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
reg = GradientDescentRegressor().fit(X, y)
DescentLaboratory.from_estimator(reg, X, y)

# %%
# The same in Matplotlib
# ----------------------
# ``DescentPathDisplay`` draws the path for print, from above or in 3-D;
# ``display.animate().save("descent.gif", writer="pillow")`` makes slides of it.

X = X[["bmi"]]
reg = GradientDescentRegressor(0.15, scale=True, max_iter=40, tol=0).fit(X, y)
figure = plt.figure(figsize=(9, 4))
above = figure.add_subplot(1, 2, 1)
display = DescentPathDisplay.from_estimator(reg, X, y, parameters=("bmi", "intercept"), ax=above)
display.plot(figure.add_subplot(1, 2, 2, projection="3d"), kind="surface")

plt.show()
