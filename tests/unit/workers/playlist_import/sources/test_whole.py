import pytest

from workers.playlist_import.sources.failures import Incomplete
from workers.playlist_import.sources.whole import not_listed


@pytest.mark.parametrize(
    ("found", "total", "places", "missing"),
    [
        (14, None, 100, 0),
        (16, 16, 100, 0),
        (17, 16, 100, 0),
        (14, 16, 100, 2),
        (97, 100, 100, 3),
        (92, 105, 200, 13),
        (0, 3, 100, 3),
    ],
)
def test_what_has_a_place_on_a_page_that_came_is_hidden(
    found: int, total: int | None, places: int, missing: int
) -> None:
    assert not_listed(found, total, places) == missing


@pytest.mark.parametrize(
    ("found", "total", "places"), [(100, 250, 100), (97, 101, 100), (398, 4999, 400), (0, 5, 0)]
)
def test_what_may_be_on_a_page_that_did_not_come_is_missing(found: int, total: int, places: int) -> None:
    with pytest.raises(Incomplete, match=f"{found} of {total}"):
        not_listed(found, total, places)
