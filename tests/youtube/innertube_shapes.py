"""The parts of InnerTube's answers, as YouTube's web pages get them."""

from enum import StrEnum, auto
from typing import Any

from tests.youtube.playlists import Style

BROWSE_OWNER = {"browseEndpoint": {"browseId": "UC" + "a" * 22, "canonicalBaseUrl": "/@teacher"}}
OWNER = {"runs": [{"text": "A teacher", "navigationEndpoint": BROWSE_OWNER}]}


class Layout(StrEnum):
    """The generations of pages that are about; on some, nothing says how many videos there are."""

    SIDEBAR = auto()
    OLD_HEADER = auto()
    HEADER = auto()
    """What playlists look like since 2026."""
    SHORTS = auto()
    """What a channel's shorts look like as a playlist."""
    UNCOUNTED = auto()


def resolved(playlist_id: str) -> dict[str, Any]:
    return {
        "responseContext": {"visitorData": "CgtWaXNpdG9y"},
        "endpoint": {
            "commandMetadata": {
                "webCommandMetadata": {"webPageType": "WEB_PAGE_TYPE_PLAYLIST", "rootVe": 5754}
            },
            "browseEndpoint": {"browseId": f"VL{playlist_id}"},
        },
    }


def item(
    video_id: str, title: str, seconds: int | None, place: int, layout: Layout, style: Style | None
) -> dict[str, Any]:
    if layout is Layout.SHORTS:
        return {"richItemRenderer": {"content": _short(video_id, title, place)}}
    if layout is Layout.HEADER and style is Style.SHORT:
        return _short(video_id, title, place)
    if layout is Layout.HEADER:
        return _lockup(video_id, title, seconds, place, style)
    return _renderer(video_id, title, seconds, place, style)


def _length(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _renderer(
    video_id: str, title: str, seconds: int | None, place: int, style: Style | None
) -> dict[str, Any]:
    thumbnail = {"url": f"https://i.ytimg.com/vi/{video_id}/hqdefault.jpg", "width": 168, "height": 94}
    renderer: dict[str, Any] = {
        "videoId": video_id,
        "thumbnail": {"thumbnails": [thumbnail]},
        "title": {"runs": [{"text": title}], "accessibility": {"accessibilityData": {"label": title}}},
        "index": {"simpleText": str(place + 1)},
        "navigationEndpoint": {"watchEndpoint": {"videoId": video_id, "index": place}},
        "isPlayable": seconds is not None,
    }
    if style in {Style.LIVE, Style.UPCOMING}:
        status = {"style": style.upper(), "text": {"runs": [{"text": style.upper()}]}}
        renderer |= {
            "shortBylineText": OWNER,
            "thumbnailOverlays": [{"thumbnailOverlayTimeStatusRenderer": status}],
        }
        if style is Style.UPCOMING:
            renderer["upcomingEventData"] = {"startTime": "1790000000"}
    elif seconds is not None:
        renderer |= {
            "shortBylineText": OWNER,
            "lengthText": {"simpleText": _length(seconds)},
            "lengthSeconds": str(seconds),
            "videoInfo": {"runs": [{"text": "50K views"}, {"text": " • "}, {"text": "10 years ago"}]},
        }
    if style is Style.MEMBERS:
        badge = {"style": "BADGE_STYLE_TYPE_MEMBERS_ONLY", "label": "Members only"}
        renderer["badges"] = [{"metadataBadgeRenderer": badge}]
    return {"playlistVideoRenderer": renderer}


def _lockup(
    video_id: str, title: str, seconds: int | None, place: int, style: Style | None
) -> dict[str, Any]:
    image = {"sources": [{"url": f"https://i.ytimg.com/vi/{video_id}/hqdefault.jpg"}]}
    overlay = {"thumbnailBottomOverlayViewModel": {"badges": _thumbnail_badges(seconds, style)}}
    watch = {"watchEndpoint": {"videoId": video_id, "index": place}}
    rows: list[dict[str, Any]] = []
    if seconds is not None:
        tap = [{"onTap": {"innertubeCommand": BROWSE_OWNER}}]
        counts = [{"text": {"content": "50K views"}}, {"text": {"content": "10 years ago"}}]
        rows = [
            {"metadataParts": [{"text": {"content": "A teacher", "commandRuns": tap}}]},
            {"metadataParts": [counts[0], counts[1] | {"accessibilityLabel": "10 years ago"}]},
        ]
    if style is Style.MEMBERS:
        rows.append({"badges": [{"badgeViewModel": {"badgeStyle": "BADGE_MEMBERS_ONLY"}}]})
    metadata = {"contentMetadataViewModel": {"metadataRows": rows, "delimiter": " • "}}
    view_model = {
        "contentId": video_id,
        "contentType": "LOCKUP_CONTENT_TYPE_VIDEO",
        "contentImage": {"thumbnailViewModel": {"image": image, "overlays": [overlay]}},
        "metadata": {"lockupMetadataViewModel": {"title": {"content": title}, "metadata": metadata}},
        "rendererContext": {"commandContext": {"onTap": {"innertubeCommand": watch}}},
    }
    return {"lockupViewModel": view_model}


def _thumbnail_badges(seconds: int | None, style: Style | None) -> list[dict[str, Any]]:
    if style is Style.LIVE:
        badge = {"text": "LIVE", "badgeStyle": "THUMBNAIL_OVERLAY_BADGE_STYLE_LIVE"}
    elif style is Style.UPCOMING:
        badge = {"text": "Upcoming", "badgeStyle": "THUMBNAIL_OVERLAY_BADGE_STYLE_DEFAULT"}
    elif seconds is not None:
        badge = {"text": _length(seconds), "badgeStyle": "THUMBNAIL_OVERLAY_BADGE_STYLE_DEFAULT"}
    else:
        return []
    return [{"thumbnailBadgeViewModel": badge}]


def _short(video_id: str, title: str, place: int) -> dict[str, Any]:
    text = {"primaryText": {"content": title}, "secondaryText": {"content": "12K views"}} if place % 2 else {}
    view_model = {
        "entityId": f"shorts-shelf-item-{video_id}",
        "accessibilityText": f"{title}, 12 thousand views - play Short",
        "onTap": {"innertubeCommand": {"reelWatchEndpoint": {"videoId": video_id}}},
        "overlayMetadata": text,
    }
    return {"shortsLockupViewModel": view_model}


def continuation(token: str, layout: Layout) -> dict[str, Any]:
    command = {"token": token, "request": "CONTINUATION_REQUEST_TYPE_BROWSE"}
    endpoint = {"continuationCommand": command}
    if layout is Layout.HEADER:
        return {"continuationItemViewModel": {"continuationCommand": {"innertubeCommand": endpoint}}}
    return {"continuationItemRenderer": {"continuationEndpoint": endpoint}}


def continued(playlist_id: str, items: list[dict[str, Any]], layout: Layout) -> dict[str, Any]:
    action = {"continuationItems": items, "targetId": f"VL{playlist_id}"}
    received = "onResponseReceivedEndpoints" if layout is Layout.SHORTS else "onResponseReceivedActions"
    return {
        "responseContext": {"visitorData": "CgtWaXNpdG9y"},
        received: [{"appendContinuationItemsAction": action}],
    }


def first_page(
    playlist_id: str, title: str, count: int, items: list[dict[str, Any]], layout: Layout, *, hidden: bool
) -> dict[str, Any]:
    section: dict[str, Any]
    if layout is Layout.SHORTS:
        section = {"itemSectionRenderer": {"contents": [{"richGridRenderer": {"contents": items}}]}}
    elif layout is Layout.HEADER:
        section = {"itemSectionRenderer": {"contents": items}}
    else:
        listed = {"playlistVideoListRenderer": {"contents": items, "playlistId": playlist_id}}
        nothing = {"messageRenderer": {"text": {"simpleText": "No videos in this playlist yet"}}}
        section = {"itemSectionRenderer": {"contents": [listed if items else nothing]}}
    tab = {"selected": True, "content": {"sectionListRenderer": {"contents": [section]}}}
    page = {
        "responseContext": {"visitorData": "CgtWaXNpdG9y"},
        "contents": {"twoColumnBrowseResultsRenderer": {"tabs": [{"tabRenderer": tab}]}},
        "metadata": {
            "playlistMetadataRenderer": {"title": title, "androidAppindexingLink": "android-app://"}
        },
        "microformat": {"microformatDataRenderer": {"noindex": False, "unlisted": False}},
        **_head(title, count, layout),
    }
    if not hidden:
        return page
    said = {"type": "INFO", "text": {"simpleText": "Unavailable videos are hidden"}}
    return page | {"alerts": [{"alertWithButtonRenderer": said}]}


def _head(title: str, count: int, layout: Layout) -> dict[str, Any]:
    if layout is Layout.UNCOUNTED:
        return {}
    number, noun = f"{count:,}" if count else "No", " video" if count == 1 else " videos"
    if layout is Layout.OLD_HEADER:
        counted = {"runs": [{"text": number}, {"text": noun}]}
        return {"header": {"playlistHeaderRenderer": {"numVideosText": counted, "ownerText": OWNER}}}
    if layout in {Layout.HEADER, Layout.SHORTS}:
        parts = [{"text": {"content": text}} for text in ("Playlist", number + noun, "1,234 views")]
        metadata = {"contentMetadataViewModel": {"metadataRows": [{"metadataParts": parts}]}}
        view_model = {"title": {"dynamicTextViewModel": {"text": {"content": title}}}, "metadata": metadata}
        return {"header": {"pageHeaderRenderer": {"content": {"pageHeaderViewModel": view_model}}}}
    stats = [{"runs": [{"text": number}, {"text": noun}]}, {"simpleText": "1,234 views"}]
    primary = {"playlistSidebarPrimaryInfoRenderer": {"stats": stats}}
    owner = {"playlistSidebarSecondaryInfoRenderer": {"videoOwner": {"videoOwnerRenderer": {"title": OWNER}}}}
    return {"sidebar": {"playlistSidebarRenderer": {"items": [primary, owner]}}}


def alert(kind: str, text: str) -> dict[str, Any]:
    return {"alerts": [{"alertRenderer": {"type": kind, "text": {"runs": [{"text": text}]}}}]}


def error(code: int, message: str, status: str) -> dict[str, Any]:
    errors = [{"message": message, "domain": "global", "reason": status.lower()}]
    return {"error": {"code": code, "message": message, "errors": errors, "status": status}}
