"""A second factor at a real OpenID provider: it is asked for, and where it is needed, nobody comes in without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.central.oidc_office import opened
from tests.central.provider_of_tests import RealProvider, leads_to

ACR = {"acr_values": ("urn:office:two",)}
AMR = {"amr": ("mfa", "hwk")}
NEEDED = {"needs_second_factor": True}


@pytest.mark.parametrize("how", [{**ACR, **NEEDED}, {**AMR, **NEEDED}, {**ACR, **AMR, **NEEDED}], ids=str)
async def test_where_one_is_needed_nobody_comes_in_without_it(
    real: RealProvider, folder: Path, how: dict[str, Any]
) -> None:
    async with opened(folder, real, **how) as office:
        back = await office.seat.at_provider(await office.seat.leave(), "subject-one")
        await office.refused(back, "second_factor")
        assert [one[0] for one in office.told()].count("linked") == 0  # the account still awaits somebody
        office.seat.there.cookies.clear()
        assert leads_to(await office.seat.sign_in(code="123456")) == "/"
        assert await office.is_in()


async def test_it_is_said_what_is_missing_and_what_to_do(real: RealProvider, folder: Path) -> None:
    async with opened(folder, real, **ACR, **NEEDED) as office:
        for header, told in (("ja", "二段階の認証"), ("en", "without a second factor")):
            back = await office.seat.at_provider(await office.seat.leave(), "subject-one")
            shown = await office.central.get(back.removeprefix(real.public_url), headers={"accept-language": header})
            assert (shown.status_code, told in shown.text, real.settings().name in shown.text) == (403, True, True)
            office.seat.there.cookies.clear()


async def test_it_is_asked_for_and_a_provider_may_still_answer_without(real: RealProvider, folder: Path) -> None:
    async with opened(folder, real, acr_values=("urn:office:two", "urn:office:one")) as office:
        address = await office.seat.leave()
        assert httpx.URL(address).params["acr_values"] == "urn:office:two urn:office:one"
        await office.seat.come_back(await office.seat.at_provider(address, "subject-one"))
        assert await office.is_in()


async def test_nothing_is_asked_for_where_nothing_is_set(real: RealProvider, folder: Path) -> None:
    async with opened(folder, real) as office:
        assert "acr_values" not in httpx.URL(await office.seat.leave()).params


async def test_whoever_takes_the_question_out_of_the_address_is_not_let_in(real: RealProvider, folder: Path) -> None:
    async with opened(folder, real, **ACR, **NEEDED) as office:
        address = httpx.URL(await office.seat.leave()).copy_remove_param("acr_values")
        back = await office.seat.at_provider(str(address), "subject-one")
        await office.refused(back, "second_factor")


@pytest.mark.parametrize("claims", [{"acr": None, "amr": None}, {"acr": "0", "amr": ["pwd"]}], ids=str)
async def test_a_provider_that_does_not_say_so_lets_nobody_in(
    real: RealProvider, folder: Path, claims: dict[str, Any]
) -> None:
    real.behave(token={"claims": claims})
    async with opened(folder, real, **ACR, **AMR, **NEEDED) as office:
        back = await office.seat.at_provider(await office.seat.leave(), "subject-one", code="123456")
        await office.refused(back, "second_factor no acr, no amr" if claims["acr"] is None else "second_factor another")
