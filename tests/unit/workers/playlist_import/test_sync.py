"""After a sync the course is its playlist, whatever it was before; nothing is deleted and nobody's work undone."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from workers.playlist_import.sync import (
    Changes,
    Fetched,
    Known,
    RemovalPolicy,
    find_changes,
    must_ask,
)


def fetched(names: str, **columns: str) -> list[Fetched]:
    return [Fetched(name, f"Title of {name}", 60, columns.get(name)) for name in names]


def known(names: str) -> list[Known]:
    """Return videos in this order; `-` is one that was added by hand."""
    return [
        Known(place + 1, None if name == "-" else name, place, f"Title of {name}", 60)
        for place, name in enumerate(names)
    ]


def apply(videos: Sequence[Known], changes: Changes) -> list[Known]:
    """Return the videos as the statements leave them."""
    after = {video.id: video for video in videos} | {video.id: video for video in changes.changed}
    for gone in changes.vanished:
        after[gone] = replace(after[gone], removed=True, vanished=True)
    new = max(after, default=0) + 1
    for number, (position, place) in enumerate(changes.added, start=new):
        columns = (place.youtube_id, position, place.title, place.duration_seconds, place.unavailable)
        after[number] = Known(number, *columns)
    return list(after.values())


def synced(videos: Sequence[Known], places: Sequence[Fetched]) -> list[Known]:
    return apply(videos, find_changes(videos, places))


def shown(videos: Sequence[Known]) -> str:
    """Return what a student sees, in order."""
    there = sorted((video for video in videos if not video.removed), key=lambda it: (it.position, it.id))
    return "".join(video.youtube_id or "-" for video in there)


def test_a_new_course_gets_every_video_in_order() -> None:
    after = synced([], fetched("abca"))
    assert shown(after) == "abca"
    assert [video.position for video in after] == [0, 1, 2, 3]


def test_what_is_kept_stays_behind_what_it_is_behind() -> None:
    before = known("abcd")
    changes = find_changes(before, fetched("dbxa"), keep=True)
    assert changes.vanished == []
    assert shown(apply(before, changes)) == "dbcxa"
    positions = sorted(video.position for video in apply(before, changes))
    assert positions == [0, 1, 2, 3, 4]


def test_what_vanished_before_does_not_come_back_because_more_is_kept() -> None:
    gone = synced(known("abc"), fetched("ac"))
    assert shown(apply(gone, find_changes(gone, fetched("a"), keep=True))) == "ac"


def test_additions_removals_and_a_new_order_at_once() -> None:
    after = synced(known("abcd"), fetched("dxba"))
    assert shown(after) == "dxba"
    (gone,) = [video for video in after if video.removed]
    assert (gone.youtube_id, gone.vanished) == ("c", True)


def test_what_was_archived_at_the_end_is_no_reason_to_move_anything_again() -> None:
    a, b, mine, again, archived = known("ab-aa")
    after = synced([a, b, mine, again, replace(archived, removed=True)], fetched("aaba"))
    assert shown(after) == "aab-"
    assert find_changes(after, fetched("aaba")) == Changes([], [], [])


def test_one_that_vanished_comes_back_as_itself() -> None:
    before = synced(known("abc"), fetched("ac"))
    after = synced(before, fetched("cab"))
    assert shown(after) == "cab"
    assert {video.id for video in after} == {1, 2, 3}


def test_one_that_was_archived_stays_away_while_the_playlist_has_it() -> None:
    before = known("abc")
    before[1] = replace(before[1], removed=True)
    after = synced(before, fetched("abcb"))
    assert shown(after) == "acb"
    assert [video.removed for video in after] == [False, True, False, False]


def test_of_a_video_that_is_there_twice_the_later_one_vanishes_and_comes_back() -> None:
    before = synced([], fetched("aba"))
    once = synced(before, fetched("ba"))
    assert shown(once) == "ba"
    assert [video.removed for video in once] == [False, False, True]
    assert shown(synced(once, fetched("aab"))) == "aab"
    assert len(synced(once, fetched("aab"))) == 3


def test_an_unavailable_video_keeps_the_title_and_duration_it_had() -> None:
    place = Fetched("a", "[Private video]", None, "private")
    (video,) = synced(known("a"), [place])
    assert (video.title, video.duration_seconds, video.unavailable) == ("Title of a", 60, "private")
    (new,) = synced([], [place])
    assert new.title == "[Private video]"
    (again,) = synced([new], fetched("a"))
    assert (again.title, again.duration_seconds, again.unavailable) == ("Title of a", 60, None)


def test_videos_added_by_hand_stay_where_they_are() -> None:
    assert shown(synced(known("-ab-c-"), fetched("xcby"))) == "-xcb-y-"
    assert shown(synced(known("ab-"), fetched("abcd"))) == "abcd-"
    assert shown(synced(known("a-b"), fetched("b"))) == "-b", "what was before all stays before all"
    assert shown(synced(known("--"), fetched("ab"))) == "ab--"


def asks(before: str, after: str, policy: RemovalPolicy | None = None) -> bool:
    videos, places = known(before), fetched(after)
    return must_ask(videos, places, find_changes(videos, places), policy or RemovalPolicy())


def test_an_admin_is_asked_where_much_vanishes_at_once() -> None:
    assert not asks("abcdefghijklmnop", "abcdefghijklmno")
    assert not asks("abcdefghijklmnopqrst", "abcdefghijklmno"), "5 of 20 are not 30 %"
    assert asks("abcdefghij", "abcde")
    assert not asks("abcd", "a"), "a few may"
    assert asks("abcd", ""), "all may not"
    assert not asks("", "")
    assert not asks("--", ""), "what was added by hand never vanishes"
    assert not asks("abcdefghij", "ihgfedcbaxyz"), "a new order is nothing"


names = st.text("abcd-", max_size=12)
places = st.lists(
    st.builds(
        Fetched,
        st.sampled_from("abcdx"),
        st.sampled_from(["t", "u"]),
        st.none() | st.just(9),
        st.none() | st.just("gone"),
    ),
    max_size=12,
)
courses = st.lists(
    st.builds(
        Known,
        st.just(0),
        st.sampled_from([None, "a", "b", "c", "d"]),
        st.integers(0, 9),
        st.sampled_from(["t", "u"]),
        removed=st.booleans(),
        vanished=st.booleans(),
    ),
    max_size=12,
).map(
    lambda videos: [
        replace(video, id=number, vanished=video.vanished and video.removed and video.youtube_id is not None)
        for number, video in enumerate(videos)
    ]
)


@given(courses, places)
def test_whatever_there_was_the_course_has_exactly_the_playlist(
    before: list[Known], playlist: list[Fetched]
) -> None:
    nothing_archived = [replace(video, vanished=video.removed and bool(video.youtube_id)) for video in before]
    after = synced(nothing_archived, playlist)
    there = sorted(
        (video for video in after if video.youtube_id and not video.removed), key=lambda it: it.position
    )
    assert [(video.youtube_id, video.unavailable) for video in there] == [
        (place.youtube_id, place.unavailable) for place in playlist
    ]
    for video, place in zip(there, playlist, strict=True):
        assert place.unavailable or video.title == place.title
    if all(video.youtube_id for video in before):
        assert [video.position for video in there] == list(range(len(playlist)))


@given(courses, places)
def test_nothing_is_deleted_and_what_was_archived_stays_away(
    before: list[Known], playlist: list[Fetched]
) -> None:
    after = {video.id: video for video in synced(before, playlist)}
    assert {video.id: video.youtube_id for video in before}.items() <= {
        video.id: video.youtube_id for video in after.values()
    }.items()
    for video in before:
        if video.removed and not video.vanished:
            assert after[video.id].removed
    positions = [video.position for video in after.values() if not video.removed]
    assert len(set(positions)) == len(positions)


@given(courses, places)
def test_a_second_sync_finds_nothing_to_do(before: list[Known], playlist: list[Fetched]) -> None:
    again = find_changes(synced(before, playlist), playlist)
    assert (again.added, again.changed, again.vanished) == ([], [], [])


@given(courses, places)
def test_of_what_was_added_by_hand_nothing_but_the_position_changes(
    before: list[Known], playlist: list[Fetched]
) -> None:
    def by_hand(videos: Sequence[Known]) -> list[Known]:
        return [replace(video, position=0) for video in videos if video.youtube_id is None]

    assert by_hand(synced(before, playlist)) == by_hand(before)
