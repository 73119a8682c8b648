import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import openpyxl

from api.attendance.downloads import Rows, Table, download
from api.attendance.negotiation import Form


async def test_the_head_of_a_workbook_goes_out_before_its_last_row_is_known() -> None:
    last_row, sent = asyncio.Event(), list[dict[str, Any]]()

    async def pages() -> AsyncIterator[Rows]:
        yield [("ada", 1.5), ("=1+1", None)]
        await last_row.wait()
        yield [("grace", True)]

    async def send(message: Any) -> None:
        sent.append(message)

    response = download(Table("report", ("name", "value"), pages()), Form.XLSX, {})
    sending = asyncio.create_task(response({"type": "http"}, asyncio.Event().wait, send))  # type: ignore[arg-type]
    while not sent:
        await asyncio.sleep(0)
    assert (sent[0]["type"], sent[0]["status"]) == ("http.response.start", 200)
    assert len(sent) == 1
    last_row.set()
    await sending
    book = openpyxl.load_workbook(io.BytesIO(b"".join(message["body"] for message in sent[1:])))
    assert list(book.active.values) == [  # type: ignore[union-attr]
        ("name", "value"),
        ("ada", 1.5),
        ("=1+1", None),
        ("grace", True),
    ]
