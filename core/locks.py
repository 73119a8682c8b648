"""The keys of PostgreSQL's advisory locks, which all of a database's users share."""

from enum import IntEnum, unique


@unique
class AdvisoryLock(IntEnum):
    """What may be locked."""

    MIGRATION = 7_263_841
    """Held while the tables change."""
    POLICY = 7_263_842
    """Held shared while rows are written, exclusively while a policy is adopted or the log is pruned."""
    DEAD_LETTERS = 7_263_843
    """Held by whoever looks into the dead-letter queues."""
    ROSTERS = 7_263_850
    """Held by whoever works off rosters."""
