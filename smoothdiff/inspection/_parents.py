"""ParentsDisplay: generated images and the training images that each was made of."""

from math import isqrt, prod
from numbers import Integral

import numpy as np

from .. import _checks as checks
from .._pyplot import pyplot
from ._given import check_estimator, check_names_parents, check_parents

__all__ = ["ParentsDisplay"]

# In units of an image's width: distance of the columns, width of a parent, gap between the kinds
# of rows, height of a line of text, width of the labels.
PITCH, PARENT_SIZE, GAP, LINE, LABEL = 1.1, 0.66, 0.4, 0.28, 1.3


class ParentsDisplay:
    """Generated images, each above the training images that it was made of.

    Parents stand below their sample by decreasing weight, with the weights as numbers; samples
    have a frame. Best made with `from_estimator`.

    Parameters
    ----------
    samples : array of shape (n_samples, n_pixels)
        Generated rows.
    X : array of shape (n_rows, n_pixels)
        Training rows.
    parents : integer array of shape (n_samples, k)
        Rows of X that each sample was made of, by decreasing weight; -1 is padding.
    weights : array of shape (n_samples, k)
        Their weights.
    image_shape : tuple of int, optional
        (height, width), or (height, width, 3) for colors in [0, 1]; square gray images by
        default.
    reference : array of shape (n_reference, n_pixels), optional
        Rows to show on top for comparison, real ones for instance.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    images_ : list of matplotlib AxesImage
        Reference, samples and parents, in this order.
    texts_ : list of matplotlib Text
        The weights.

    See Also
    --------
    ParentLinesDisplay : For rows that are no images.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from smoothdiff import SmoothedPLDiffusion
    >>> from smoothdiff.inspection import ParentsDisplay
    >>> X = load_digits().data[:200]
    >>> model = SmoothedPLDiffusion(n_components=15, t_min=0, random_state=0).fit(X)
    >>> display = ParentsDisplay.from_estimator(model, X, n_samples=5)
    >>> len(display.samples)
    5
    """

    def __init__(self, samples, X, parents, weights, *, image_shape=None, reference=None):
        self.samples = samples
        self.X = X
        self.parents = parents
        self.weights = weights
        self.image_shape = image_shape
        self.reference = reference

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        *,
        n_samples=10,
        random_state=None,
        inverse_transform=None,
        image_shape=None,
        reference=None,
        n_parents=4,
        cmap="gray_r",
        im_kw=None,
        ax=None,
    ):
        """Draw samples of an estimator and show them with their parents.

        Parameters
        ----------
        estimator : fitted estimator
            One whose ``sample`` takes ``return_parents``.
        X : array-like of shape (n_rows, n_features)
            The rows that it was fitted to, in their order.
        n_samples : int, default=10
        random_state : int, RandomState, Generator or None
            For the samples.
        inverse_transform : callable, optional
            Takes rows of the estimator's space (n, n_features), reference included, to pixels
            (n, n_pixels); for example that of the PCA in front of the estimator.
        image_shape, reference
            As in the constructor; ``reference`` is in the estimator's space.
        n_parents, cmap, im_kw, ax
            As in `plot`.

        Returns
        -------
        ParentsDisplay

        Raises
        ------
        ImportError
            Without matplotlib, before any work.
        TypeError, ValueError
            If samples of the estimator have no parents; if X has too few rows to be what the
            estimator was fitted to, or the images are not square and have no ``image_shape``.
        """
        pyplot()
        check_estimator(estimator, cls.__name__, "sample", "SmoothedPLDiffusion")
        check_names_parents(estimator, cls.__name__)
        X = checks.array(X, "X", "finite", np.isfinite)
        samples, parents, weights = estimator.sample(
            n_samples, random_state=random_state, return_parents=True
        )
        check_parents(parents, X)
        if inverse_transform is not None:
            samples, X = inverse_transform(samples), inverse_transform(X)
            reference = None if reference is None else inverse_transform(reference)
        display = cls(samples, X, parents, weights, image_shape=image_shape, reference=reference)
        return display.plot(n_parents=n_parents, cmap=cmap, im_kw=im_kw, ax=ax)

    def plot(self, *, n_parents=4, cmap="gray_r", im_kw=None, ax=None):
        """Draw.

        Parameters
        ----------
        n_parents : int, default=4
            Largest number of parents to show below a sample; a line says how many others there
            are and what they weigh together.
        cmap : str or Colormap, default="gray_r"
            Colors of gray images, from the least to the largest value in X.
        im_kw : dict, optional
            Other arguments of matplotlib's ``imshow``; ``vmin`` and ``vmax`` for instance.
        ax : matplotlib Axes, optional
            A new figure of a fitting size by default.

        Returns
        -------
        self
        """
        shape = self._shape()
        tall = shape[0] / shape[1]
        counts = (self.parents >= 0).sum(axis=1)
        shown = min(n_parents, counts.max(initial=0))
        rows = [] if self.reference is None else self.reference
        sample_top = tall + GAP if len(rows) else 0.0
        parent_top = sample_top + tall + GAP / 2
        rest_top = parent_top + shown * (PARENT_SIZE * tall + LINE)
        bottom = rest_top + (LINE if (counts > shown).any() else 0.0)
        right = max(len(rows), len(self.samples), 1) * PITCH
        if ax is None:
            _, ax = pyplot().subplots(figsize=(right + LABEL, bottom), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self.images_: list = []
        self.texts_: list = []
        settings = {"cmap": cmap, "vmin": np.min(self.X), "vmax": np.max(self.X), **(im_kw or {})}

        def draw(row, column, top, size=1.0):
            left = PITCH * column + (1 - size) / 2
            extent = (left, left + size, top + size * tall, top)
            self.images_.append(ax.imshow(np.reshape(row, shape), extent=extent, **settings))

        def label(text, middle):
            ax.text(-0.2, middle, text, ha="right", va="center")

        def weigh(text, column, top):
            center = PITCH * column + 0.5
            self.texts_.append(
                ax.text(center, top + 0.4 * LINE, text, ha="center", va="center", size="small")
            )

        for column, row in enumerate(rows):
            draw(row, column, 0.0)
        for column, row in enumerate(self.samples):
            draw(row, column, sample_top)
            _frame(ax, PITCH * column, sample_top, tall)
        for column, (parents, weights) in enumerate(zip(self.parents, self.weights, strict=True)):
            for i in range(min(shown, counts[column])):
                top = parent_top + i * (PARENT_SIZE * tall + LINE)
                draw(self.X[parents[i]], column, top, PARENT_SIZE)
                weigh(f"{weights[i]:.2f}", column, top + PARENT_SIZE * tall)
            if counts[column] > shown:
                weigh(
                    f"{counts[column] - shown} more: {weights[shown:].sum():.2f}", column, rest_top
                )
        if len(rows):
            label("real", tall / 2)
        label("generated", sample_top + tall / 2)
        if shown:
            label("parents and\ntheir weights", parent_top + PARENT_SIZE * tall / 2)
        ax.set(xlim=(-LABEL, right), ylim=(bottom, -0.05), aspect="equal")
        ax.axis("off")
        return self

    def _shape(self):
        """Shape of an image."""
        if self.image_shape is not None:
            return self._given_shape()
        pixels = self.samples.shape[1]
        side = isqrt(pixels)
        if side**2 != pixels:
            raise ValueError(
                f"Rows of {pixels} pixels are not square images; give their image_shape, or draw "
                "them as points with ParentLinesDisplay."
            )
        return side, side

    def _given_shape(self):
        pixels, shape = self.samples.shape[1], self.image_shape
        whole = isinstance(shape, (tuple, list)) and all(
            checks.is_number(s, Integral) for s in shape
        )
        if not whole:
            wanted = "(height, width) or (height, width, 3)"
            checks.refuse(shape, "image_shape", wanted, None, TypeError)
        if len(shape) not in (2, 3) or prod(shape) != pixels:
            wanted = f"(height, width) or (height, width, 3) of {pixels} values"
            checks.refuse(shape, "image_shape", wanted)
        return tuple(shape)


def _frame(ax, left, top, height):
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle((left, top), 1.0, height, fill=False, edgecolor="C0", linewidth=1.5))
