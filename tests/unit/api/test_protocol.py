"""What the server writes arrives whole, in order, and in as few pieces as may be."""

import asyncio
from typing import Any

from api.protocol import GATHERED_BYTES, GatheringTransport


class Recorder(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 5)})
        self.written: list[bytes] = []
        self.calls: list[str] = []

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.calls.append("close")

    def is_closing(self) -> bool:
        return "close" in self.calls

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")


async def test_what_is_written_in_one_turn_goes_out_together_and_in_order() -> None:
    recorder = Recorder()
    transport = GatheringTransport(recorder)
    for part in (b"head", b"body"):
        transport.write(part)
    assert recorder.written == []
    await asyncio.sleep(0)
    transport.write(b"next")
    await asyncio.sleep(0)
    assert recorder.written == [b"headbody", b"next"]


async def test_much_goes_out_at_once() -> None:
    recorder = Recorder()
    transport = GatheringTransport(recorder)
    transport.write(b"head")
    transport.write(b"x" * GATHERED_BYTES)
    assert [len(written) for written in recorder.written] == [4 + GATHERED_BYTES]
    await asyncio.sleep(0)
    assert len(recorder.written) == 1


async def test_closing_sends_what_is_left_first() -> None:
    recorder = Recorder()
    transport = GatheringTransport(recorder)
    transport.write(b"the end")
    transport.close()
    await asyncio.sleep(0)
    assert (recorder.written, transport.is_closing()) == ([b"the end"], True)


async def test_everything_else_is_the_transport_s() -> None:
    recorder = Recorder()
    transport = GatheringTransport(recorder)
    transport.pause_reading()
    transport.resume_reading()
    assert recorder.calls == ["pause", "resume"]
    assert transport.get_extra_info("peername") == ("127.0.0.1", 5)
