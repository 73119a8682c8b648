import os
import signal
import time
from collections.abc import Iterator

import pytest

from stack.errors import Interrupted
from stack.waiting import stop_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_way_to_ask_for_a_stop_ends_a_wait(number: signal.Signals, heard: signal.Handlers) -> None:
    with stop_signals() as interrupt:
        os.kill(os.getpid(), number)
        began = time.monotonic()
        with pytest.raises(Interrupted):
            interrupt.sleep(60)

    assert time.monotonic() - began < 30
    assert signal.getsignal(number) is heard


@pytest.fixture
def heard(number: signal.Signals) -> Iterator[signal.Handlers]:
    """The signal as it is heard by default: `nohup` or a shell's background may have it ignored."""
    before = signal.signal(number, signal.SIG_DFL)
    yield signal.SIG_DFL
    signal.signal(number, before)


def test_a_hang_up_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_signals() as interrupt:
            os.kill(os.getpid(), signal.SIGHUP)
            interrupt.sleep(0.1)
    finally:
        signal.signal(signal.SIGHUP, before)
