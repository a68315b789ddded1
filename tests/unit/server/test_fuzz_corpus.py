"""What the fuzzers keep, once more and without them: only an AccessError comes out."""

from pathlib import Path

import pytest

from support.fuzzing import TARGETS

CORPUS = Path(__file__).resolve().parents[2] / "fuzz" / "corpus"


@pytest.mark.parametrize("name", TARGETS)
def test_corpus(name):
    """Every input that's kept is refused or accepted for good reasons."""
    target = TARGETS[name]()
    files = sorted((CORPUS / name).iterdir())

    reached = {rule for file in files for rule in target(file.read_bytes())}

    assert len(files) >= 30
    assert len(reached) >= 10


def test_half_of_the_verifiers_inputs_are_signed():
    """Each input is verified as it is, and signed by the key that's published."""
    as_it_is, signed = TARGETS["verifier"]()(b"x=1")

    assert ("as it is: TOKEN_MALFORMED", "signed: accepted") == (as_it_is, signed)


def test_edits_reach_the_rules_behind_the_signature():
    """The verifier's corpus covers each reason that a signed token can be refused for."""
    target = TARGETS["verifier"]()
    files = (CORPUS / "verifier").iterdir()

    reached = {target(file.read_bytes())[1].partition(": ")[2] for file in files}

    expected = {
        *("accepted", "TOKEN_MALFORMED", "TOKEN_ALGORITHM", "TOKEN_TYPE", "ISSUER"),
        *("KEY_UNKNOWN", "TOKEN_CLAIMS", "TOKEN_EXPIRED", "TOKEN_NOT_YET_VALID"),
        *("TOKEN_TOO_OLD", "AUDIENCE", "TOKEN_BOUND", "USER_TOKEN"),
    }
    assert set() == expected - reached
