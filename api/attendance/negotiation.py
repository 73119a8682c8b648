"""JSON, CSV or XLSX, by `format` or the `Accept` header (RFC 9110 section 12.5.1)."""

import re
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Query, Request, Response

_QUALITY = re.compile(r"q=(0(\.[0-9]{0,3})?|1(\.0{0,3})?)", re.IGNORECASE)


class Form(StrEnum):
    """What a list can be answered as."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Form.JSON: "application/json",
    Form.CSV: "text/csv",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


async def _form(
    request: Request,
    response: Response,
    asked: Annotated[
        Form | None, Query(alias="format", description="Instead of `Accept`, for links in pages")
    ] = None,
) -> Form:
    response.headers["Vary"] = "Accept"
    return asked or preferred(request.headers.get("accept"))


FormQuery = Annotated[Form, Depends(_form)]


def preferred(accept: str | None) -> Form:
    """Return what is liked best; naming it beats a wildcard that is liked as much, and then JSON is first."""
    qualities = dict(_quality(part) for part in (accept or "").split(","))
    return max(Form, key=lambda form: _rank(form.media_type, qualities))


def _quality(part: str) -> tuple[str, float]:
    media_range, *parameters = (piece.strip() for piece in part.split(";"))
    found = next((match for text in parameters if (match := _QUALITY.fullmatch(text))), None)
    return media_range.lower(), float(found[1]) if found else 1.0


def _rank(media_type: str, qualities: dict[str, float]) -> tuple[float, int]:
    """Return quality and, between equals, how specifically the type was named."""
    kind = media_type.partition("/")[0]
    for specificity, media_range in ((3, media_type), (2, f"{kind}/*"), (1, "*/*")):
        if media_range in qualities:
            quality = qualities[media_range]
            return quality, specificity if quality else 0
    return 0.0, 0
