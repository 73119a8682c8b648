"""Whether what was read of a playlist is all there is to read. Pure; ADR 0010 says why it is enough."""

from workers.playlist_import.sources.failures import Incomplete


def not_listed(found: int, total: int | None, places: int) -> int:
    """Return how many items YouTube counts and lists nowhere, once it named no further page.

    A page has a fixed number of places, and what is hidden leaves its place empty. So `places`, those of all
    pages that came, reach `total` if every page came.

    Raises:
        Incomplete: they may as well be on pages that did not come.

    """
    if total is None or found >= total:
        return 0
    if places < total:
        raise Incomplete(found, total)
    return total - found
