"""One sentence for every argument, with an owner and without, and the type of its error."""

import numpy as np
import pytest

from smoothdiff import _checks as checks


class Owner:
    pass


@pytest.mark.parametrize("owner", [Owner(), "Owner"])
def test_the_sentence_with_an_owner(owner):
    with pytest.raises(ValueError, match=r"^The 'kappa' parameter of Owner must be a positive "):
        checks.number(-1.0, "kappa", owner)


def test_the_sentence_without_an_owner():
    with pytest.raises(ValueError, match=r"^kappa must be a positive float\. Got -1\.0 instead\.$"):
        checks.number(-1.0, "kappa")


ANY = checks.number, {"zero": True, "infinite": True, "words": ("auto", "max")}


@pytest.mark.parametrize(
    ("check", "options", "good"),
    [
        (checks.number, {}, [1, 0.5, 1e-320, np.float32(2), np.int8(3)]),
        (checks.number, {"zero": True}, [0, 0.0, np.float64(0), 2.5]),
        (checks.number, {"infinite": True}, [np.inf, 1.0]),
        (*ANY, ["auto", "max", 0, np.inf, 3]),
        (checks.count, {}, [1, np.int64(4), np.uint8(1)]),
        (checks.count, {"least": 0}, [0, 7]),
        (checks.flag, {}, [True, False, np.True_]),
        (checks.choice, {"choices": ("a", "b")}, ["a", "b"]),
    ],
)
def test_what_is_valid_comes_back(check, options, good):
    for value in good:
        assert check(value, "name", **options) is value


@pytest.mark.parametrize(
    ("check", "options", "error", "bad", "wanted"),
    [
        (checks.number, {}, ValueError, [0, -1, np.nan, np.inf, -np.inf], "a positive float"),
        (checks.number, {}, TypeError, ["1", None, True, np.True_, 1j, [1.0]], "a positive float"),
        (checks.number, {"zero": True}, ValueError, [-1e-300, np.nan, np.inf], "a non-negative"),
        (checks.number, {"infinite": True}, ValueError, [-np.inf, np.nan], "a positive float"),
        (*ANY, ValueError, ["Auto", -1, np.nan], "'auto' or 'max' or a non-negative float"),
        (*ANY, TypeError, [None, False], "'auto' or 'max' or a non-negative float"),
        (checks.count, {"least": 2}, ValueError, [1, -3], "an integer of at least 2"),
        (checks.count, {"least": 2}, TypeError, [2.0, True, "3", None], "an integer of at least 2"),
        (checks.flag, {}, TypeError, [1, 0, "True", None], "True or False"),
        (checks.choice, {"choices": ("a", "b")}, ValueError, ["c", ""], "one of 'a', 'b'"),
        (checks.choice, {"choices": ("a", "b")}, TypeError, [None, 1], "one of 'a', 'b'"),
    ],
)
def test_what_is_refused(check, options, error, bad, wanted):
    for value in bad:
        with pytest.raises(error) as caught:
            check(value, "name", **options)
        assert str(caught.value).startswith(f"name must be {wanted}")
        assert str(caught.value).endswith(f" Got {value!r} instead.")


def test_arrays():
    given = np.array([1, 2, 3], dtype=np.int32)
    found = checks.array(given, "x", "positive", lambda v: v > 0, (3,))
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, given)
    with pytest.raises(ValueError, match=r"^x must be above 1\. Got 1\.0 instead\.$"):
        checks.array(given, "x", "above 1", lambda v: v > 1)
    with pytest.raises(
        ValueError, match=r"^The 'x' parameter of Owner must have shape \(2,\)\. Got"
    ):
        checks.array(given, "x", "positive", lambda v: v > 0, (2,), Owner())
    with pytest.raises(TypeError, match=r"^x must be real numbers\. Got dtype object"):
        checks.array([None], "x", "finite", np.isfinite)
    np.testing.assert_array_equal(checks.weights([3, 1], 2), [0.75, 0.25])
    np.testing.assert_array_equal(checks.weights(None, 4), np.full(4, 0.25))
