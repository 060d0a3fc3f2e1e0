"""The papers' experiments: four points on a line of the plane, and points on a circle."""

import numpy as np

from ..datasets import circle, uniform_line
from ..estimators import SmoothedPLDiffusion

__all__ = ["KAPPA", "POINTS", "RUN", "SPACING", "T0", "T_END", "on_circle", "smoothed"]

# t goes from 0.02 to 1e-5.
POINTS = uniform_line(4, 2)
SPACING = 1 / 3
KAPPA = 1.2
T0 = 0.02
T_END = 1e-5
RUN = {"t0": T0, "t_min": T_END, "start": "isotropic", "random_state": 0}


def smoothed(**options):
    """The smoothed model of the four points."""
    return SmoothedPLDiffusion(
        **{"kappa": KAPPA, "spacing": SPACING, "n_components": 1, **RUN, **options}
    ).fit(POINTS)


def on_circle(n):
    """N points on a circle, half their distance, and the model that smooths half of it at t0."""
    points, spacing = circle(n), np.sin(np.pi / n)
    model = SmoothedPLDiffusion(
        kappa=0.5 * spacing / np.sqrt(0.08), spacing=spacing, t0=0.08, t_min=0,
        start="isotropic", n_components=2, random_state=0,
    )  # fmt: skip
    return points, spacing, model.fit(points)
