"""What the server writes arrives whole, in order, and in as few pieces as may be."""

import asyncio

from api.transport import GATHERED_BYTES, GatheringTransport
from tests.unit.api.wire import Recorder


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


async def test_what_is_whole_goes_at_once_behind_what_was_gathered() -> None:
    recorder = Recorder()
    transport = GatheringTransport(recorder)
    transport.write(b"first")
    transport.write_now(b"second")
    assert recorder.written == [b"first", b"second"]
    await asyncio.sleep(0)
    assert len(recorder.written) == 2


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
