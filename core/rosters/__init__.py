"""Rosters: who belongs to which course, from a CSV file. Owns the table `rosters`.

bytes ─ reading ─▶ lines ─ judging ─▶ verdicts ─ writing ─▶ users, registrations
running: some lines at a time, each portion in one transaction with its counts
"""
