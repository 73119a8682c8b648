"""Benchmarks of EduTrack, each beside the baseline it must beat: `python -m bench`."""
