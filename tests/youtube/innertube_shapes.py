"""The parts of InnerTube's answers, as YouTube's web pages get them."""

from enum import StrEnum, auto
from typing import Any

OWNER = {
    "runs": [{"text": "A teacher", "navigationEndpoint": {"browseEndpoint": {"browseId": "UC" + "a" * 22}}}]
}


class Layout(StrEnum):
    """The generations of pages that are about; on some, nothing says how many videos there are."""

    SIDEBAR = auto()
    HEADER = auto()
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


def item(video_id: str, title: str, seconds: int | None, place: int, layout: Layout) -> dict[str, Any]:
    length = None if seconds is None else f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return (_lockup if layout is Layout.HEADER else _renderer)(video_id, title, length, seconds, place)


def _renderer(
    video_id: str, title: str, length: str | None, seconds: int | None, place: int
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
    if seconds is not None:
        renderer |= {
            "shortBylineText": OWNER,
            "lengthText": {"simpleText": length},
            "lengthSeconds": str(seconds),
            "videoInfo": {"runs": [{"text": "50K views"}, {"text": " • "}, {"text": "10 years ago"}]},
        }
    return {"playlistVideoRenderer": renderer}


def _lockup(video_id: str, title: str, length: str | None, _: int | None, place: int) -> dict[str, Any]:
    badges = [] if length is None else [{"thumbnailBadgeViewModel": {"text": length}}]
    image = {"sources": [{"url": f"https://i.ytimg.com/vi/{video_id}/hqdefault.jpg"}]}
    overlay = {"thumbnailBottomOverlayViewModel": {"badges": badges}}
    watch = {"watchEndpoint": {"videoId": video_id, "index": place}}
    view_model = {
        "contentId": video_id,
        "contentType": "LOCKUP_CONTENT_TYPE_VIDEO",
        "contentImage": {"thumbnailViewModel": {"image": image, "overlays": [overlay]}},
        "metadata": {"lockupMetadataViewModel": {"title": {"content": title}}},
        "rendererContext": {"commandContext": {"onTap": {"innertubeCommand": watch}}},
    }
    return {"lockupViewModel": view_model}


def continuation(token: str) -> dict[str, Any]:
    command = {"token": token, "request": "CONTINUATION_REQUEST_TYPE_BROWSE"}
    return {"continuationItemRenderer": {"continuationEndpoint": {"continuationCommand": command}}}


def continued(playlist_id: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    action = {"continuationItems": items, "targetId": f"VL{playlist_id}"}
    return {
        "responseContext": {"visitorData": "CgtWaXNpdG9y"},
        "onResponseReceivedActions": [{"appendContinuationItemsAction": action}],
    }


def first_page(
    playlist_id: str, title: str, count: int, items: list[dict[str, Any]], layout: Layout, *, hidden: bool
) -> dict[str, Any]:
    if layout is Layout.HEADER:
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
    return page | (alert("INFO", "Unavailable videos are hidden") if hidden else {})


def _head(title: str, count: int, layout: Layout) -> dict[str, Any]:
    if layout is Layout.UNCOUNTED:
        return {}
    number, noun = f"{count:,}" if count else "No", " video" if count == 1 else " videos"
    if layout is Layout.HEADER:
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
