"""Which features are linear combinations of others, in words."""

import numpy as np

# Most dependent features that are named, and most others that each is said to depend on.
MOST_NAMED = 5
# Share of the correlation matrix's largest eigenvalue below which a combination is nearly 0.
NEARLY = 1e-9
# Share of the largest weight in a combination below which a feature has no part in it.
NO_PART = 1e-6
# A combination is solved for its last feature with at least this share of the largest weight.
CLEAR = 0.1


def dependent_features(curvature, names):
    """Return sentences such as "x3 is a combination of x1, x2", at most five.

    Parameters
    ----------
    curvature : Curvature
    names : sequence of str or None
        Names of the features.
    """
    spectrum = curvature.standardised
    if spectrum is None or not len(spectrum.known):
        return []
    varies = np.flatnonzero(curvature.moments.variance)
    small = spectrum.values <= NEARLY * spectrum.known[-1]
    vectors, exactly = spectrum.basis[varies][:, small].T, ~spectrum.is_known[small]
    exact = _combinations(vectors[exactly])
    solved = {j for j, _ in exact}
    nearly = [pair for pair in _combinations(vectors) if pair[0] not in solved]
    sentences: list[str] = []
    for how, pairs in ("", exact), ("nearly ", nearly):
        for j, others in pairs[: MOST_NAMED - len(sentences)]:
            named = ", ".join(name_of(varies[i], names) for i in others[:MOST_NAMED])
            more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
            sentences.append(f"{name_of(varies[j], names)} is {how}a combination of {named}{more}")
    unnamed = len(exact) + len(nearly) - len(sentences)
    return [*sentences, f"so are {unnamed} other features"] if unnamed else sentences


def _combinations(vectors):
    """Return which features depend on which others, given weights that add them up to 0.

    Each vector of weights is solved for one feature, the last with a clear part in it, and
    that feature is eliminated from the other vectors.
    """
    vectors = vectors.copy()
    solved = []
    for row in range(len(vectors)):
        # Of the vectors left, the one with the largest weight of any feature comes next.
        rest = np.abs(vectors[row:])
        if rest.max(initial=0.0) < NO_PART:
            # The weights left are those of constant features, which are not in these vectors.
            break
        at = row + int(rest.max(axis=1).argmax())
        vectors[[row, at]] = vectors[[at, row]]
        sizes = np.abs(vectors[row])
        j = int(np.flatnonzero(sizes >= CLEAR * sizes.max())[-1])
        vectors[row] /= vectors[row, j]
        for other in range(len(vectors)):
            if other != row:
                vectors[other] -= vectors[other, j] * vectors[row]
        solved.append(j)
    found = []
    for j, vector in zip(solved, vectors, strict=False):
        parts = np.flatnonzero(np.abs(vector) > NO_PART * np.abs(vector).max())
        others = [i for i in parts.tolist() if i != j]
        if others:
            found.append((j, others))
    return sorted(found)


def name_of(j, names):
    """Return the name of feature j; x0, x1, ... if features have none."""
    return f"x{j}" if names is None else str(names[j])
