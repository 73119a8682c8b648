"""What forms bring along besides what was typed."""

import pytest

from core.errors import PreconditionFailed
from web.inputs import version_of


@pytest.mark.parametrize("text", ["7", "", "new", "²", "-1"])
def test_a_form_holds_for_the_version_it_names_or_for_any(text: str) -> None:
    version_of(text).require(7)


@pytest.mark.parametrize("text", ["8", "70", "7" * 5_000], ids=["next", "longer", "forged"])
def test_a_form_that_names_another_version_is_stale(text: str) -> None:
    with pytest.raises(PreconditionFailed):
        version_of(text).require(7)
