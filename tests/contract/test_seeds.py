"""Which random numbers come out: seeds, sequences and generators."""

import numpy as np
import pytest
from given import normal

X = normal(40, 3)


def sequence(model, n=3):
    return np.stack([model.sample(4) for _ in range(n)])


def differ(*arrays):
    """All pairwise different, in every entry."""
    return all(np.all(a != b) for i, a in enumerate(arrays) for b in arrays[i + 1 :])


def test_a_seed_gives_a_sequence_that_a_new_fit_repeats(make):
    model = make(random_state=3)
    first = sequence(model.fit(X))
    assert differ(*first)
    np.testing.assert_array_equal(sequence(model.fit(X)), first)
    np.testing.assert_array_equal(sequence(make(random_state=3).fit(X)), first)
    assert differ(first, sequence(make(random_state=4).fit(X)))


def test_other_methods_do_not_advance_the_sequence(make):
    model = make(random_state=3).fit(X)
    expected = sequence(model)
    model.fit(X)
    model.score_samples(X)
    model.flow(X, model.t0_, model.t_min_)
    model.trajectory(X, times=[model.t0_])
    np.testing.assert_array_equal(sequence(model), expected)


def test_a_given_seed_overrides_and_leaves_the_sequence_alone(make):
    model = make(random_state=3).fit(X)
    expected = sequence(model)
    model.fit(X)
    given = [model.sample(4, random_state=8) for _ in range(2)]
    path = [model.trajectory(n_samples=2, random_state=8, times=[model.t0_]) for _ in range(2)]
    np.testing.assert_array_equal(given[0], given[1])
    np.testing.assert_array_equal(path[0], path[1])
    np.testing.assert_array_equal(sequence(model), expected)
    assert differ(given[0], expected[0])


def test_trajectories_continue_the_same_sequence(make):
    model = make(random_state=3).fit(X)
    first, second = (model.trajectory(n_samples=4, times=[model.t0_]) for _ in range(2))
    assert differ(first, second)
    model.fit(X)
    np.testing.assert_array_equal(model.trajectory(n_samples=4, times=[model.t0_]), first)


@pytest.mark.parametrize("seed", [0, np.int64(0), np.uint8(0)])
def test_integers_of_any_type(make, model, seed):
    expected = make(random_state=0).fit(X).sample(4)
    np.testing.assert_array_equal(make(random_state=seed).fit(X).sample(4), expected)
    np.testing.assert_array_equal(
        model.sample(4, random_state=seed), model.sample(4, random_state=0)
    )


@pytest.mark.parametrize("make_generator", [np.random.RandomState, np.random.default_rng])
def test_generators_are_consumed(make, make_generator):
    """The same state gives the same numbers, and it moves on with each use."""
    first, second = (sequence(make(random_state=make_generator(0)).fit(X)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert differ(*first)
    model = make(random_state=make_generator(0))
    np.testing.assert_array_equal(sequence(model.fit(X)), first)
    assert differ(first, sequence(model.fit(X)))
    generator = make_generator(0)
    given = [model.sample(4, random_state=generator) for _ in range(2)]
    assert differ(*given)
    np.testing.assert_array_equal(given[0], model.sample(4, random_state=make_generator(0)))


def test_no_seed_gives_new_numbers_each_time(make):
    models = [make(random_state=None).fit(X) for _ in range(2)]
    assert differ(*(draws for model in models for draws in sequence(model)))


def test_numpy_seed_is_neither_read_nor_moved(make):
    state = np.random.get_state()
    try:
        np.random.seed(0)
        first = make(random_state=None).fit(X).sample(4)
        np.random.seed(0)
        second = make(random_state=None).fit(X).sample(4)
        expected = np.random.RandomState(0).random_sample()
        assert np.random.random_sample() == expected
    finally:
        np.random.set_state(state)
    assert differ(first, second)


def test_the_field_depends_on_the_seed_of_a_network_alone(make):
    """Of training: everything else is a function of the data."""
    a, b = (make(random_state=seed).fit(X).score_samples(X) for seed in (0, 1))
    assert differ(a, b) if make.takes("max_iter") else np.array_equal(a, b)
