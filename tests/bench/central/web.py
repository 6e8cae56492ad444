"""Whole pages as people get them: from a browser's request to the last byte of the answer, over HTTP, signed in."""

from __future__ import annotations

import datetime
import http.client
import random
import time
import urllib.parse

import httpx

from kiosk_agent.central.database.engine import Database, read_url
from kiosk_agent.central.staff.schemas import Role
from kiosk_agent.central.staff.service import add
from tests.bench.central.nation import ONE_DAY
from tests.central.people import CSRF, PASSWORD

NAME = "bench"
LONGEST_PAUSE_S = 0.1  # people come at any moment, not always just after the last answer
Timed = dict[str, list[float]]  # page → milliseconds
WARM_RUNS = 3  # fill caches, of which a server's are full


def paths(database: Database, last: datetime.date) -> dict[str, str]:
    """The pages by name: their addresses, of days up to ``last``."""
    days = {"30 days": last - ONE_DAY * 29, "a year": last - ONE_DAY * 364}
    ordered = "SELECT municipality_code FROM desks GROUP BY municipality_code ORDER BY count(*), municipality_code"
    with database.reading() as connection:
        municipalities = list(connection.exec_driver_sql(ordered).scalars())
        prefecture = connection.exec_driver_sql(
            "SELECT prefecture_code FROM municipalities GROUP BY prefecture_code ORDER BY count(*) DESC LIMIT 1"
        ).scalar_one()
    places = {
        "overview": "/",
        "the nation and its prefectures": "/places/nation/all",
        "a prefecture and its municipalities": f"/places/prefecture/{prefecture}",
        "an average municipality": f"/places/municipality/{municipalities[len(municipalities) // 2]}",
        "the largest municipality": f"/places/municipality/{municipalities[-1]}",
    }
    return {
        f"{name}, {span}": f"{path}?from={first}&to={last}"
        for name, path in places.items()
        for span, first in days.items()
    }


def add_reader(url: str) -> None:
    """Who asks for the pages."""
    database = Database(read_url(url))
    add(database, NAME, Role.VIEWER, "nation", PASSWORD, datetime.datetime.now(datetime.UTC), "bench")
    database.close()


def measure(url: str, server: str, runs: int, last: datetime.date) -> Timed:
    """Milliseconds of each page, ``runs`` times in turn. ``url``: the database's; ``server``: where it answers."""
    database = Database(read_url(url))
    asked = paths(database, last)
    database.close()
    pauses = random.Random(20260331)
    timed: Timed = {name: [] for name in asked}
    with httpx.Client(base_url=server, timeout=60) as client:
        token = CSRF.findall(client.get("/login").text)[0]
        signed = client.post("/login", data={"csrf": token, "name": NAME, "password": PASSWORD})
        assert signed.status_code == 303, f"could not sign in: {signed.status_code}"
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    # a client that costs little, so that the server is what is measured
    browser = http.client.HTTPConnection(urllib.parse.urlsplit(server).netloc, timeout=60)
    for run in range(runs + WARM_RUNS):
        for name, path in asked.items():
            time.sleep(pauses.uniform(0, LONGEST_PAUSE_S))
            begun = time.perf_counter()
            browser.request("GET", path, headers={"Cookie": cookies})
            answer = browser.getresponse()
            answer.read()
            whole = time.perf_counter() - begun
            assert answer.status == 200, f"{path}: {answer.status}"
            if run >= WARM_RUNS:
                timed[name].append(whole * 1000)
    browser.close()
    return timed
