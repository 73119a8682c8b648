"""What Celery may do to a task at any moment is only said, and met where it does no harm."""

import os
import signal

from workers.playlist_import.tasks import soft_limit


def test_the_soft_time_limit_is_said_and_not_raised() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    with soft_limit() as reached:
        assert not reached()
        os.kill(os.getpid(), signal.SIGUSR1)
        assert reached()
    assert signal.getsignal(signal.SIGUSR1) == before
