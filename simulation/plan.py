"""Writing the scripts of a class. Pure: the same seed and lesson give the same scripts."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

from simulation.scripts import HABITS, Action, Course, Habits, Lesson, Script, Stretch, Tab
from simulation.writers import Instants, WallClock, Writer

SEEK_TAKES = timedelta(seconds=2)
BREAK = timedelta(seconds=60)
VIDEOS_A_STUDENT = 3


def write_script(
    seed: int, number: int, lesson: Lesson, courses: Sequence[Course], habits: Habits = HABITS
) -> Script:
    """Return what a student does; odd numbers report times on the wall clock, even ones instants."""
    random = Random(f"{seed}/{number}")  # noqa: S311 - reproducible, not secret
    course = random.choice(courses)
    registrations = 1 + (random.random() < habits.register_twice)
    form = WallClock if number % 2 else Instants
    writers = [form(random, lesson, habits, "tab-1")]
    if random.random() < habits.two_tabs:
        writers.append(form(random, lesson, habits, "tab-2"))
    tabs = tuple(_tab(random, writer, lesson, course, habits) for writer in writers)
    return Script(number, course, registrations, tabs)


def _tab(random: Random, writer: Writer, lesson: Lesson, course: Course, habits: Habits) -> Tab:
    chosen = random.sample(course.video_ids, min(VIDEOS_A_STUDENT, len(course.video_ids)))
    actions = [
        action for stretch in _stretches(random, lesson, chosen, habits) for action in writer.actions(stretch)
    ]
    if random.random() < habits.watch_at_midnight:
        actions += writer.midnight(random.choice(chosen))
    return tuple(sorted(_repeated(random, actions, lesson, habits), key=lambda action: action.after))


def _stretches(random: Random, lesson: Lesson, video_ids: Sequence[int], habits: Habits) -> Iterator[Stretch]:
    """Watch one video after the other, with breaks, until the lesson is over."""
    shortest = lesson.length / 30
    start = random.uniform(0, 0.1) * lesson.length
    while start + shortest < lesson.length:
        end = min(start + random.uniform(1, 10) * shortest, lesson.length)
        video_id = random.choice(video_ids)
        if random.random() < habits.seek:
            found = start + random.uniform(0.2, 0.8) * (end - start)
            yield Stretch(video_id, start, found, paused=True)
            start = min(found + random.random() * SEEK_TAKES, end)
        yield Stretch(video_id, start, end, paused=random.random() >= habits.lose_tab)
        start = end + random.uniform(0.02, 1) * min(BREAK, lesson.length / 5)


def _repeated(random: Random, actions: Sequence[Action], lesson: Lesson, habits: Habits) -> Iterator[Action]:
    """Send some requests more than once: at the same time, or again much later."""
    for action in actions:
        hasty = random.random() < habits.retry_at_once
        yield replace(action, copies=random.choice((2, 3)) if hasty else 1)
        if random.random() < habits.retry_later:
            yield replace(action, after=action.after + random.random() * (lesson.length - action.after))
