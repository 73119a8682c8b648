"""The limit: an application that reads the body and answers, with no framework, no token, nothing stored."""

from typing import Any

from core.settings import Settings

_HEAD = {"type": "http.response.start", "status": 202, "headers": [(b"content-type", b"application/json")]}
_BODY = {
    "type": "http.response.body",
    "body": b'{"event_id":"00000000-0000-4000-8000-000000000000","status":"accepted"}',
}


def app(_: Settings) -> Any:
    """Return the application."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        while (await receive()).get("more_body"):
            pass
        await send(_HEAD)
        await send(_BODY)

    return answer
