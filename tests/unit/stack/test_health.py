import pytest

from stack.health import api_url, is_healthy


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("localhost", "http://localhost:8000"),
    ],
)
def test_the_url_is_one_that_this_machine_reaches(host: str, url: str) -> None:
    assert api_url(host, 8000) == url


def test_nobody_there_is_not_healthy() -> None:
    assert not is_healthy("127.0.0.1", 9)
