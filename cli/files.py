"""Files that commands write."""

import errno
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from core.errors import BadRequest

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Try whether a file can be written; say in one line why it cannot, also where its disk is full later.

    A new file that does not come to its end is removed.

    Raises:
        BadRequest: it cannot.

    """
    is_new = not path.exists()
    try:
        with ExitStack() as undo:
            path.open("ab").close()
            if is_new:
                undo.callback(path.unlink)
            yield
            undo.pop_all()
    except OSError as error:
        if error.filename is None and error.errno not in _FULL:
            raise  # of something else: the database is also read meanwhile
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> BadRequest:
    """Return what to tell somebody whose file cannot be written."""
    if isinstance(error, FileNotFoundError):
        return BadRequest(f"there is no folder {path.parent}")
    return BadRequest(f"{path} cannot be written: {str(error.strerror).lower()}")
