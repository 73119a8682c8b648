"""What a day asks of a student, who is expected on it, and what people see of it; for API, workers, commands.

Owns the table `attendance_rules`. Applying a rule also judges the rows of `attendance` anew, behind the
policy lock that keeps workers from writing any.
"""
