"""A solver of geometric medians in numpy that proves how good its answer is."""

import numpy as np


def cost(values, point):
    return np.sqrt(((values - point) ** 2).sum(axis=1)).sum()


def units(values, point):
    """Unit vectors from the observations to a point, those that lie on it left out; how many those are."""
    apart = point - values
    length = np.sqrt((apart**2).sum(axis=1))
    return apart[length > 0] / length[length > 0, None], length[length > 0], int((length == 0).sum())


def weiszfeld(values, point, steps):
    """Weiszfeld's iteration, with the step of Vardi and Zhang on an observation."""
    for _ in range(steps):
        directions, length, itself = units(values, point)
        if not len(length):
            return point
        pull = -directions.sum(axis=0)
        strength = np.sqrt((pull**2).sum())
        if strength <= itself:
            return point
        point = point + (1 - itself / strength) * pull / (1 / length).sum()
    return point


def solve(values):
    """The geometric median, how far off it may be, and a bound of how much lower the cost could be.

    How far off: the gradient by the least curvature. The bound comes from the dual problem: vectors no longer
    than 1 that add up to 0, one for each observation.
    """
    mean = values.mean(axis=0)
    best = min((weiszfeld(values, mean, 50), *values), key=lambda point: cost(values, point))
    best = weiszfeld(values, best, 5)
    for _ in range(60):
        directions, length, itself = units(values, best)
        pull = -directions.sum(axis=0)
        if itself:
            return best, 0.0, 0.0 if np.sqrt((pull**2).sum()) <= itself + 1e-9 else np.inf
        curvature = (np.eye(len(best)) - directions[:, :, None] * directions[:, None]) / length[:, None, None]
        step = np.linalg.lstsq(curvature.sum(axis=0), pull, rcond=1e-14)[0]
        least = cost(values, best)
        while cost(values, best + step) >= least and np.abs(step).max() > 1e-10:
            step = step / 4
        if cost(values, best + step) >= least:
            break
        best = best + step
    directions, length, itself = units(values, best)
    if itself:
        return best, np.inf, np.inf
    slope = directions.sum(axis=0)
    dual = directions - slope / len(values)
    dual = dual / max(1, np.sqrt((dual**2).sum(axis=1)).max())
    curvature = (np.eye(len(best)) - directions[:, :, None] * directions[:, None]) / length[:, None, None]
    least = max(np.linalg.eigvalsh(curvature.sum(axis=0))[0], 1e-300)
    slack = np.sqrt((slope**2).sum()) + 1e-14 * len(values)
    return best, slack / least, cost(values, best) + (dual * (values - best)).sum()
