"""The process yt-dlp runs in: reads one request, writes lines, and ends with whoever started it.

Started by `yt_dlp_source` as `python -m workers.playlist_import.sources.yt_dlp_child`.
"""

import os
import resource
import sys
import threading
from contextlib import suppress
from typing import BinaryIO

import msgspec

from workers.playlist_import.sources.failures import PlaylistFailure, Unexpected
from workers.playlist_import.sources.yt_dlp_protocol import Failed, Line, Request


def main() -> int:
    """Read what standard input asks for and write it to standard output."""
    lines = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever anybody prints is no line
    request = msgspec.json.decode(sys.stdin.buffer.readline(), type=Request)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit_memory(request.memory_bytes)
    try:
        _write_all(lines, request)
    except PlaylistFailure as failure:
        _write(lines, Failed(failure.code, str(failure)))
    except Exception as error:  # noqa: BLE001 # whatever it is, who started us is told
        _write(lines, Failed(Unexpected.code, repr(error)))
    except MemoryError:
        _write(lines, Failed(Unexpected.code, "out of memory"))
    return 0


def _write_all(lines: BinaryIO, request: Request) -> None:
    from workers.playlist_import.sources.yt_dlp_reader import read  # noqa: PLC0415 # below the limit, and told

    for line in read(request):
        _write(lines, line)


def _write(lines: BinaryIO, line: Line) -> None:
    lines.write(msgspec.json.encode(line) + b"\n")
    lines.flush()


def _end_with_parent() -> None:
    """Standard input stays open as long as the process lives that started us, and no longer."""
    sys.stdin.buffer.read()
    os._exit(1)


def _limit_memory(limit: int) -> None:
    with suppress(ValueError, OSError):  # not every system has this limit
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    sys.exit(main())
