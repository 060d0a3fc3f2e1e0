"""Values that are computed once, when first asked for, and left out of pickles."""

from functools import cached_property
from threading import RLock

__all__ = ["Derived", "derived"]


class derived(cached_property):  # noqa: N801, it is used like a property
    """A cached property that threads may ask for at once: one of them computes it."""

    def __get__(self, instance, owner=None):
        """Compute the value, unless another thread just did."""
        if instance is None:
            return self
        values, name = instance.__dict__, self.attrname
        with values.setdefault(_lock_of(name), RLock()):
            if name not in values:
                values[name] = self.func(instance)
        return values[name]


def _lock_of(name):
    return f"_lock_of_{name}"


class Derived:
    """An object whose `derived` attributes are not part of its state."""

    def __getstate__(self):
        names = {
            name
            for base in type(self).__mro__
            for name, value in vars(base).items()
            if isinstance(value, derived)
        }
        left_out = names | {_lock_of(name) for name in names}
        return {name: value for name, value in self.__dict__.items() if name not in left_out}
