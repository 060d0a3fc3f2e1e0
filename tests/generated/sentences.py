"""The sentences that the library may say of generated inputs, and that any other is a finding."""

import re
import warnings
from contextlib import contextmanager

WARNINGS = [
    r"The noise that samples keep, of standard deviation .* drowns what varies much less: ",
    r"\d+ of \d+ rows differ from the training data in columns that are constant there",
    r"The divergence of this score is estimated in \d+ dimensions: ",
    r"Steps jump over the edges between training points: ",
    r"Rows that no sample reaches have log-density -inf: ",
    r"The last of \d+ steps falls from t = ",
    r"The loss had not settled after ",
    r".* one distinct row, which no model can be fitted to: samples are that row with noise",
    r"All rows of the table are equal.*: samples repeat them\.",
    r"Values of .* with too few rows for a model of their own ",
    r"Columns? .* taken as measured: ",
    r"Dates held as text are taken as categories: ",
    r"\d+% of the rows are out of reach of the others, more than contamination=",
    r"The search chose .*: a wider one may find better",
    r".*: narrow kernels there gain likelihood without limit, ",
]
REFUSALS = [
    r"\w+ squares distances, and (X has values|t0_scale \* spacing\*\*2 is) ",
    r"\w+ divides squared distances by t_min, and t_min=.* is too small for that beside t0=",
    r"\w+ needs distinct samples to take a length scale from, and X has ",
    r"The '\w+' parameter of \w+ must (be|not exceed) .* Got .* instead",
    r"n_components='mle' needs at least as many samples as features\. Got ",
    r"Input X contains (NaN|infinity|NaN and infinity): \d+ values in \d+ of \d+ rows, ",
    r"sample_weight must ",
    r"(t|s|times) must be .* Got .* instead\.",
    r"n_samples must be a non-negative integer\. Got ",
    r"\d+ of \d+ rows have no origin at the larger variance",
    r"score_samples of \w+ needs t_min > 0: ",
    r"SmoothedPLDiffusionCV needs two or more distinct samples besides those that a fold holds out",
    r"DiffusionOutlierDetector needs two or more samples, to hold one out\. ",
]


def _known(sentences, said):
    return any(re.match(sentence, said, re.DOTALL) for sentence in sentences)


def is_one_line(said):
    """Whether it is short enough to be read: what is wrong, what was given, what to do."""
    return "\n" not in said and len(said) < 600


@contextmanager
def heard(sentences=WARNINGS):
    """Warnings are of the known sentences: one of NumPy's, or of another library, is a finding."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        yield said
    for warning in said:
        assert issubclass(warning.category, UserWarning), warning
        assert _known(sentences, str(warning.message)), warning


def refusal(call, *arguments, sentences=REFUSALS, **options):
    """The sentence that a call is refused with, and None for one that is not."""
    try:
        call(*arguments, **options)
    except (TypeError, ValueError) as error:
        if not (_known(sentences, str(error)) and is_one_line(str(error))):
            raise
        return str(error)
    return None
