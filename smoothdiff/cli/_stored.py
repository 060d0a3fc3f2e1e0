"""Cells of a text file, column by column, in few bytes each while it is looked through.

A text of Python takes fifty bytes, whatever its length. Texts that come again are therefore kept
once, and others joined to long ones.
"""

from array import array
from collections import deque
from itertools import chain, starmap
from sys import getsizeof

import numpy as np

from .._reading import SMALL, TIMES

__all__ = ["Column", "Texts"]

# Texts that are looked up when they come again, and what one takes with its place in a dictionary.
MOST_SEEN, SEEN = 100_000, 200
# Bytes a cell of the masks that whoever reads a column makes meanwhile.
MASKS = 3


class Texts:
    """Texts that columns share, and the bytes that a file may still take.

    Parameters
    ----------
    size : int
        Bytes of the file.
    """

    def __init__(self, size):
        self.known: list[str] = []
        self.place: dict[str, int] = {}
        self.left = max(TIMES * size, SMALL)

    def add(self, text):
        """Know a text, and say its number; `MOST_SEEN` where they are too many."""
        number = len(self.known)
        if number < MOST_SEEN:
            self.known.append(text)
            self.place[text] = number
            self.left -= SEEN
        return number


class Column:
    """Cells of a column, each a number: of a known text, or `MOST_SEEN` and its length."""

    def __init__(self, texts):
        self._texts = texts
        self._chunks: deque[tuple[array, str]] = deque()
        self._length = 0

    def extend(self, cells):
        """Add cells at the end."""
        texts, place, numbers, others = self._texts, self._texts.place, array("I"), []
        for cell in cells:
            number = place.get(cell)
            if number is None:
                number = texts.add(cell)
                if number == MOST_SEEN:
                    others.append(cell)
                    number += len(cell)
            numbers.append(number)
        chunk = numbers, "".join(others)
        self._chunks.append(chunk)
        self._length += len(numbers)
        # Not given back where the column lets go of it: the system may not get it.
        texts.left -= sum(map(getsizeof, chunk))

    def pop_first(self):
        """Take off the first cell."""
        numbers, others = self._chunks[0]
        first = self._cells(numbers, others)[0]
        self._chunks[0] = numbers[1:], others[max(numbers[0] - MOST_SEEN, 0) :]
        self._length -= 1
        return first

    def __len__(self):
        return self._length

    def __iter__(self):
        return chain.from_iterable(starmap(self._cells, self._chunks))

    def used_up(self):
        """The cells one by one, of which the column lets go."""
        while self._chunks:
            yield from self._cells(*self._chunks.popleft())

    def as_objects(self, label):
        """An array of the cells, of which the column lets go.

        Raises
        ------
        ValueError
            Before they take more memory than a file may.
        """
        texts, made, at = self._texts, np.empty(self._length, dtype=object), 0
        texts.left -= made.nbytes + MASKS * len(made)
        while self._chunks:
            numbers, others = self._chunks.popleft()
            cells = self._cells(numbers, others)
            new = (cell for cell, k in zip(cells, numbers, strict=True) if k >= MOST_SEEN)
            texts.left -= sum((getsizeof(cell) + 15) // 16 * 16 for cell in new)
            if texts.left < 0:
                raise ValueError(
                    f"{label}: with this column the file takes more than {TIMES} times its size in "
                    "memory. Most of it is short texts that hardly ever come again: leave such "
                    "columns out."
                )
            made[at : at + len(cells)] = cells
            at += len(cells)
        return made

    def _cells(self, numbers, others):
        known, end, cells = self._texts.known, 0, []
        if max(numbers, default=0) < MOST_SEEN:
            return [known[number] for number in numbers]
        for number in numbers:
            if number < MOST_SEEN:
                cells.append(known[number])
            else:
                start, end = end, end + number - MOST_SEEN
                cells.append(others[start:end])
        return cells
