// Eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations. Knows nothing of J or the page.

const MOST_SWEEPS = 40;

// {values, vectors}: eigenvalues in ascending order, and the unit eigenvector of each.
// Off-diagonal elements are compared with their own rows' diagonal elements: so small eigenvalues keep their digits
// where features are in different units (J. Demmel, K. Veselic, SIAM J. Matrix Anal. Appl. 13(4), 1992).
function eigen(H) {
  const A = H.map((row) => Float64Array.from(row));
  const V = H.map((row, i) => Float64Array.from(row, (_, j) => Number(i === j)));
  for (let sweep = 0; sweep < MOST_SWEEPS && jacobiSweep(A, V); sweep++);
  const order = A.map((_, i) => i).sort((i, j) => A[i][i] - A[j][j]);
  return { values: order.map((i) => A[i][i]), vectors: order.map((i) => Array.from(V[i])) };
}

// One sweep over all pairs of rows; whether any was worth a rotation.
function jacobiSweep(A, V) {
  let any = false;
  for (let p = 0; p < A.length; p++) {
    for (let q = p + 1; q < A.length; q++) {
      if (Math.abs(A[p][q]) > Number.EPSILON * Math.sqrt(Math.abs(A[p][p] * A[q][q]))) {
        rotatePair(A, V, p, q);
        any = true;
      }
    }
  }
  return any;
}

// Turns rows and columns p and q so that A[p][q] becomes 0.
function rotatePair(A, V, p, q) {
  const half = (A[q][q] - A[p][p]) / (2 * A[p][q]);
  const tangent = (half < 0 ? -1 : 1) / (Math.abs(half) + Math.sqrt(1 + half * half));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  const sine = tangent * cosine;
  const change = tangent * A[p][q];
  const [ofP, ofQ] = [A[p][p] - change, A[q][q] + change];
  turnRows(A[p], A[q], cosine, sine);
  turnRows(V[p], V[q], cosine, sine);
  for (let r = 0; r < A.length; r++) {
    A[r][p] = A[p][r];
    A[r][q] = A[q][r];
  }
  [A[p][p], A[q][q]] = [ofP, ofQ];
  A[p][q] = A[q][p] = 0;
}

function turnRows(x, y, cosine, sine) {
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [x[i], y[i]];
    x[i] = cosine * a - sine * b;
    y[i] = sine * a + cosine * b;
  }
}

// Computed once for each quadratic.
const spectra = new WeakMap();
function spectrumOf(q) {
  if (!spectra.has(q)) spectra.set(q, eigen(q.hessian));
  return spectra.get(q);
}
