"""Addresses of all staff pages, made of the routes themselves, for the tests that walk over them."""

from __future__ import annotations

from collections.abc import Iterator

from litestar import Litestar

from kiosk_agent.central.staff.schemas import Role
from tests.central.people import staff_routes

# Of the nation of `shown.fill`: what somebody of Chiyoda may see, and what is another one's.
OWN = [("municipality", "131016"), ("office", "1"), ("desk", "1"), ("desk", "2")]
ABOVE_OR_ELSEWHERE = [
    ("nation", "all"),
    ("prefecture", "13"),
    ("prefecture", "01"),
    ("municipality", "131024"),
    ("municipality", "011002"),
    ("office", "3"),
    ("office", "4"),
    ("desk", "3"),
    ("desk", "4"),
]


def filled(path: str, level: str, key: str) -> str:
    """The address of a route for a place. A route with parameters that this does not know must be added here."""
    address = path.replace("{level:str}", level).replace("{key:str}", key)
    address = address.replace("{level}", level).replace("{key}", key)
    address = address.replace("{chosen:str}", "ja").replace("{chosen}", "ja")
    assert "{" not in address, f"say here what stands for the parameters of {path}"
    return address


def addresses(app: Litestar, level: str, key: str) -> Iterator[tuple[str, str, Role | None]]:
    """(method, address, role it needs) of every staff page, for a place where it takes one."""
    for method, path, needs in staff_routes(app):
        yield method, filled(path, level, key), needs
