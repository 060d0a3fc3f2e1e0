"""What every model of points must give: finite numbers, and densities that reach its own rows."""

import numpy as np
from hypothesis import assume
from sentences import heard, refusal


def fitted(model, X, **options):
    """The model fitted to X; an example that it refuses, with a known sentence, says no more."""
    said = refusal(model.fit, X, **options)
    assume(said is None)
    return model


def rho(model):
    """The smoothing ratio at t0."""
    return getattr(model, "kappa", 0.0) * np.sqrt(model.t0_) / model.spacing_


def check_finite(model, given):
    """Finite numbers out of finite numbers, from every method."""
    x = given.values
    with heard():
        new = model.sample(7, random_state=0)
        assert new.shape == (7, x.shape[1])
        assert new.dtype == np.float64
        calls = [
            new,
            model.denoise(x, model.t0_),
            model.score_function(x, model.t0_),
            model.denoise(new, max(model.t_min_, 0.01 * model.t0_)),
            model.flow(x, model.t0_, max(model.t_min_, 0.01 * model.t0_)),
            model.trajectory(n_samples=2, random_state=0),
        ]
        for result in calls:
            assert np.isfinite(result).all()
        if model.t_min_ > 0 and not model.diffusion_.solver.no_density:
            density = model.score_samples(np.concatenate([x, new, 2 * x - x[0]]))
            assert not np.isnan(density).any()
            assert (density < np.inf).all()
            exact = getattr(model, "solver", "exact") == "exact"
            if exact or rho(model) < 1:  # steps may leave shrunken cells
                # The law reaches what it was made of, and what was drawn from it.
                assert np.isfinite(density[: len(x) + len(new)]).all()
