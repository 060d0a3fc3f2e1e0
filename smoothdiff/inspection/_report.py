"""ReportDisplay: what a report finds of generated rows, in four panels."""

from .._pyplot import pyplot
from ..metrics import Report, report
from ..metrics import _pictures as pictures
from ._panels import panels

__all__ = ["ReportDisplay"]


class ReportDisplay:
    """Generated rows beside held-out ones: told apart by what, lying where, how close to copies.

    Best made with `from_predictions` or `from_estimator`. The panels: the receiver curve of a
    classifier that tells the rows apart; the columns that it needs most; both tables in the plane
    of the held-out rows' first principal components; and how close rows come to training rows.

    Parameters
    ----------
    report : Report
        What `smoothdiff.metrics.report` finds.

    Attributes
    ----------
    report : Report
    axes_ : array of matplotlib Axes, (4,)
    figure_ : matplotlib Figure

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import train_test_split
    >>> from smoothdiff import SmoothedPLDiffusion
    >>> from smoothdiff.inspection import ReportDisplay
    >>> train, test = train_test_split(load_iris().data, random_state=0)
    >>> model = SmoothedPLDiffusion(random_state=0).fit(train)
    >>> ReportDisplay.from_estimator(model, train, test).axes_.shape
    (4,)
    """

    def __init__(self, report):
        if not isinstance(report, Report):
            raise TypeError(
                "report must be what smoothdiff.metrics.report returns. Got "
                f"{type(report).__name__} instead."
            )
        self.report = report

    @classmethod
    def from_predictions(cls, generated, train, test, *, ax=None, **options):
        """Judge generated rows and draw.

        Parameters
        ----------
        generated, train, test : array of shape (n, d), or DataFrame
            As in `smoothdiff.metrics.report`.
        ax : matplotlib Axes or four of them, optional
        **options : dict
            Of `smoothdiff.metrics.report`: ``max_rows``, ``random_state``, ``kinds``.

        Returns
        -------
        ReportDisplay

        Raises
        ------
        ImportError
            Without matplotlib, before any work.
        TypeError, ValueError
            As `smoothdiff.metrics.report`.
        """
        pyplot()
        return cls(report(generated, train, test, **options)).plot(ax=ax)

    @classmethod
    def from_estimator(cls, estimator, train, test, *, ax=None, **options):
        """Draw as many rows from a fitted model as ``train`` has, judge them, and draw.

        Parameters
        ----------
        estimator : fitted model
        train, test : array of shape (n, d), or DataFrame
            The rows that it was fitted to, and held-out ones.
        ax : matplotlib Axes or four of them, optional
        **options : dict
            Of `smoothdiff.metrics.report`: ``max_rows``, ``random_state``, ``kinds``.

        Returns
        -------
        ReportDisplay

        Raises
        ------
        ImportError
            Without matplotlib, before any work.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError, ValueError
            As `smoothdiff.metrics.report`.
        """
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(estimator)
        return cls.from_predictions(estimator, train, test, ax=ax, **options)

    def plot(self, *, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or four of them, optional
            A new figure by default; one Axes of a grid is divided.

        Returns
        -------
        self
        """
        if ax is None:
            figure = pyplot().figure(figsize=(7.0, 6.2), layout="constrained")
            ax = figure.subplots(2, 2).ravel()
        self.axes_ = panels(ax, 4, size=(12.0, 3.2))
        self.figure_ = self.axes_[0].figure
        draw = (
            pictures.receiver_curve,
            pictures.giveaway_bars,
            pictures.projection,
            pictures.distance_curves,
        )
        for panel, one in zip(self.axes_, draw, strict=True):
            one(panel, self.report)
        return self
