"""Least squares on a burst: with shapes that are made for it, and with ones known beforehand.

Of the filters' responses everything but the burst is worked out once: for each length the Cholesky
factor of their products, with the inverse of its diagonal. (Golub and Van Loan 2013, *Matrix
Computations*, section 5.3.)
"""

from emg_kernels._jit import Array, Cube, channel_loop, helper, sum_loop

# Rows of the scratch array; the regressors come first.
MOST_REGRESSORS = 10
SEEN, LEFT, COEFFICIENTS, PROJECTIONS, LAST_BEAT, SUMS = 10, 11, 12, 13, 14, 15
NORMAL = 16
WAVES = NORMAL + MOST_REGRESSORS
N_SCRATCH = WAVES + MOST_REGRESSORS
# Rows of the responses: to an impulse, to one a sample later, to a step, to that step once more,
# which is fitted alone, and to the cosine and the sine of each line.
IMPULSE, LATER, STEP, JUMP, LINES = 0, 1, 2, 3, 4
N_RESPONSES = LINES + MOST_REGRESSORS
# What is fitted together.
GROUPS = ((IMPULSE, JUMP), (JUMP, LINES), (LINES, N_RESPONSES))
# The slightest of ridges: a share of each shape's energy, and an energy.
RIDGE, LEAST_RIDGE = 1e-6, 1e-12


@sum_loop
def product_of(a: Array, b: Array) -> float:
    """Sum up the products of two vectors."""
    total = 0.0
    for k in range(len(a)):
        total += a[k] * b[k]
    return total


@helper
def energy_of(scratch: Array, row: int, start: int, stop: int) -> float:
    """Sum up the squares of a part of a row."""
    part = scratch[row, start:stop]
    return product_of(part, part)


@channel_loop
def _subtract(total: Array, part: Array, share: float) -> None:
    for k in range(len(total)):
        total[k] -= share * part[k]


@helper
def fit(scratch: Array, n_regressors: int, start: int, stop: int) -> float:
    """Fit the regressors to ``start:stop`` of the burst; return the energy that they claim."""
    seen = scratch[SEEN, start:stop]
    for i in range(n_regressors):
        regressor = scratch[i, start:stop]
        for j in range(i, n_regressors):
            scratch[NORMAL + i, j] = product_of(regressor, scratch[j, start:stop])
        scratch[NORMAL + i, i] = scratch[NORMAL + i, i] * (1.0 + RIDGE) + LEAST_RIDGE
        scratch[COEFFICIENTS, i] = product_of(regressor, seen)
    claimed = 0.0
    for i in range(n_regressors):
        inverse = 1.0 / scratch[NORMAL + i, i]
        scratch[NORMAL + i, i] = inverse
        claimed += scratch[COEFFICIENTS, i] ** 2 * inverse
        for j in range(i + 1, n_regressors):
            factor = scratch[NORMAL + i, j] * inverse
            for k in range(j, n_regressors):
                scratch[NORMAL + j, k] -= factor * scratch[NORMAL + i, k]
            scratch[COEFFICIENTS, j] -= factor * scratch[COEFFICIENTS, i]
    for i in range(n_regressors - 1, -1, -1):
        for k in range(i + 1, n_regressors):
            scratch[COEFFICIENTS, i] -= scratch[NORMAL + i, k] * scratch[COEFFICIENTS, k]
        scratch[COEFFICIENTS, i] *= scratch[NORMAL + i, i]
    return claimed


@helper
def subtract_fit(scratch: Array, shapes: Array, n_shapes: int, start: int, stop: int) -> None:
    """Put down what fitted shapes, which begin at ``start``, leave of ``:stop`` of the burst."""
    for k in range(stop):
        scratch[LEFT, k] = scratch[SEEN, k]
    for i in range(n_shapes):
        part = shapes[i, : stop - start]
        _subtract(scratch[LEFT, start:stop], part, scratch[COEFFICIENTS, i])


@helper
def project(
    scratch: Array,
    responses: Array,
    factors: Cube,
    first: int,
    n_responses: int,
    start: int,
    stop: int,
) -> None:
    """Project ``start:stop`` of the burst onto responses that begin at ``start``.

    Each projection is onto what the response has that those before it have not: the sum of the
    squares of the first few is the energy that these claim.
    """
    projections, factor = scratch[PROJECTIONS], factors[stop - start]
    seen = scratch[SEEN, start:stop]
    for i in range(n_responses):
        total = product_of(seen, responses[first + i, : stop - start])
        for k in range(i):
            total -= factor[first + i, first + k] * projections[k]
        projections[i] = total * factor[first + i, first + i]


@helper
def claimed_by(scratch: Array, n_responses: int) -> float:
    """Return the energy that the first of the projected responses claim."""
    return energy_of(scratch, PROJECTIONS, 0, n_responses)


@helper
def subtract_known(
    scratch: Array,
    responses: Array,
    factors: Cube,
    first: int,
    n_responses: int,
    start: int,
    stop: int,
) -> None:
    """Work out the coefficients of the first of the projected responses, and what they leave."""
    coefficients, factor = scratch[COEFFICIENTS], factors[stop - start]
    for i in range(n_responses - 1, -1, -1):
        total = scratch[PROJECTIONS, i]
        for k in range(i + 1, n_responses):
            total -= factor[first + k, first + i] * coefficients[k]
        coefficients[i] = total * factor[first + i, first + i]
    subtract_fit(scratch, responses[first:], n_responses, start, stop)


@helper
def energy_apart(scratch: Array, shapes: Array, n_shapes: int, n: int) -> float:
    """Sum up the energy that each fitted line, of two shapes, has alone in ``n`` samples."""
    total = 0.0
    for i in range(0, n_shapes, 2):
        a, b = scratch[COEFFICIENTS, i], scratch[COEFFICIENTS, i + 1]
        for k in range(n):
            y = a * shapes[i, k] + b * shapes[i + 1, k]
            total += y * y
    return total
