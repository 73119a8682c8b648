"""The player script as browsers of any page get it."""

import gzip

import pytest

from tests.integration.api.conftest import Api
from web.sdk.routes import FILES


@pytest.mark.parametrize("name", FILES)
async def test_it_is_served_to_pages_of_every_origin(gateway: Api, name: str) -> None:
    headers = {"Origin": "https://school.example", "Accept-Encoding": "gzip"}
    answer = await gateway.client.get(f"/sdk/{name}", headers=headers)
    assert answer.content == FILES[name][0].read_bytes()
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-type"] == FILES[name][1]
    assert int(answer.headers["content-length"]) == len(gzip.compress(answer.content, mtime=0))


async def test_it_is_sent_again_only_when_it_changed(gateway: Api) -> None:
    first = await gateway.client.get("/sdk/edutrack.js")
    headers = {"If-None-Match": first.headers["etag"]}
    again = await gateway.client.get("/sdk/edutrack.js", headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    plain = await gateway.client.get("/sdk/edutrack.js", headers={**headers, "Accept-Encoding": "identity"})
    assert (plain.status_code, plain.content) == (200, first.content)
