"""A class of students that drives a running stack over HTTP, and knows what must come of it.

    scripts (what each student does) ─ driver ─▶ HTTP ─▶ rows
                                         └─▶ expectation (the pure fold of what was sent) ─ comparison ─┘

It shares the specification with the stack (`core.calendar`, `events.meaning.fold`) and nothing else.
"""
