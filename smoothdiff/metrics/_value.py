"""Numbers that come with what they are to be compared with."""

__all__ = ["Value"]


class Value(float):
    """A float that knows what rows which nobody generated get by the same measure.

    Attributes
    ----------
    baseline : float or None
        The value for real rows: held-out ones, or training rows, as the function says.
    parts : dict
        What the value is the mean of, by name: columns, pairs of columns, folds. Often empty.

    Examples
    --------
    >>> from smoothdiff.metrics import Value
    >>> value = Value(0.3, baseline=0.1)
    >>> value + 1, value.baseline, value
    (1.3, 0.1, 0.3 (real rows: 0.1))
    """

    baseline: float | None
    parts: dict

    def __new__(cls, value, baseline=None, parts=None):
        self = super().__new__(cls, value)
        self.baseline = None if baseline is None else float(baseline)
        self.parts = {} if parts is None else parts
        return self

    def __repr__(self):
        beside = "" if self.baseline is None else f" (real rows: {self.baseline:.4g})"
        return f"{float(self):.4g}{beside}" if beside else float.__repr__(self)
