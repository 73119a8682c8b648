"""What a set of events means: pure functions of the log, for whoever stores it and whoever explains it."""
