"""JSON or CSV, by the `Accept` header (RFC 9110 section 12.5.1). Pure."""

import re

_RANGES = {
    "text/csv": ("text/csv", "text/*", "*/*"),
    "application/json": ("application/json", "application/*", "*/*"),
}
"""Which ranges match a type, the most specific first."""

_QUALITY = re.compile(r"q=(0(\.[0-9]{0,3})?|1(\.0{0,3})?)", re.IGNORECASE)


def prefers_csv(accept: str | None) -> bool:
    """Return whether CSV is liked better than JSON; naming it beats a wildcard that is liked as much."""
    qualities = dict(_quality(part) for part in (accept or "").split(","))
    return _rank("text/csv", qualities) > _rank("application/json", qualities)


def _quality(part: str) -> tuple[str, float]:
    media_range, *parameters = (piece.strip() for piece in part.split(";"))
    found = next((match for text in parameters if (match := _QUALITY.fullmatch(text))), None)
    return media_range.lower(), float(found[1]) if found else 1.0


def _rank(media_type: str, qualities: dict[str, float]) -> tuple[float, int]:
    """Return quality and, between equals, how specifically the type was named."""
    ranges = _RANGES[media_type]
    for specificity, media_range in zip(range(len(ranges), 0, -1), ranges, strict=True):
        if media_range in qualities:
            quality = qualities[media_range]
            return quality, specificity if quality else 0
    return 0.0, 0
