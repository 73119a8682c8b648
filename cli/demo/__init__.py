"""What `edutrack seed --demo` loads: courses to watch, and accounts to watch them with."""
