"""Where the gateway is reached from this machine, and whether it says that all is well."""

import contextlib
import http.client
import ipaddress

ANSWER_SECONDS = 3


def api_url(host: str, port: int) -> str:
    """Return the gateway's URL; an address that means "all of them" is reached on loopback."""
    return f"http://{_reachable(host)}:{port}"


def is_healthy(host: str, port: int) -> bool:
    """Say whether `GET /health` answers 200."""
    connection = http.client.HTTPConnection(_reachable(host).strip("[]"), port, timeout=ANSWER_SECONDS)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    return False


def _reachable(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"  # noqa: PLR2004 - IPv4
    return str(address) if address.version == 4 else f"[{address}]"  # noqa: PLR2004 - IPv4
