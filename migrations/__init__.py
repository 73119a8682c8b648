"""Schema changes, applied by `edutrack db migrate`."""
