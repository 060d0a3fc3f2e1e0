"""Memory that is not there: fewer rows at once, and where that does not help, a sentence."""

from contextlib import contextmanager

import jax

__all__ = ["is_exhausted", "memory_told"]


def is_exhausted(error):
    """Whether NumPy or JAX, on any device, ran out of memory."""
    return isinstance(error, MemoryError) or (
        isinstance(error, jax.errors.JaxRuntimeError) and "RESOURCE_EXHAUSTED" in str(error)
    )


@contextmanager
def memory_told(what, remedy):
    """Raise a MemoryError that says what to do, where the block runs out of memory."""
    try:
        yield
    except Exception as error:
        if not is_exhausted(error):
            raise
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else "no reason given"
        raise MemoryError(
            f"{what} needs more memory than there is ({reason}): {remedy}."
        ) from error
