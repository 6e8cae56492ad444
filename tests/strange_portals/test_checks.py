"""Portals nobody has seen yet: what the live check says of each is what is true of it."""

from __future__ import annotations

import pytest

from tests.strange_portals import provider, strange
from tests.strange_portals.conftest import Check
from tests.strange_portals.portal import Portal

PORTALS: tuple[type[Portal], ...] = (
    Portal,
    provider.WithProvider,
    provider.SilentProvider,
    provider.ConsentProvider,
    provider.AccountChooser,
    provider.AsksForPasswordAgain,
    provider.NamedByItsOwnAddress,
    provider.SilentByItsOwnAddress,
    strange.StorageApp,
    strange.SessionStorageApp,
    strange.StorageForgotten,
    strange.RotatesCookies,
    strange.FormInPlace,
    strange.InFrames,
    strange.Slow,
    strange.AsksBeforeLogout,
    strange.LogoutInNewTab,
    strange.CookieOnPath,
    strange.RedirectsByScript,
    strange.OnlyDropsTheCookie,
    strange.RemembersTheDevice,
    strange.InTroubleAfterwards,
    strange.TooManyRequestsAfterwards,
    strange.OpensForEverybody,
    strange.RotatesAndForgets,
    strange.AnonymousAfterwards,
)


@pytest.mark.parametrize("kind", PORTALS, ids=lambda kind: kind.__name__)
async def test_the_check_says_what_is_true(kind: type[Portal], check: Check) -> None:
    async with kind() as portal:
        report = await check(portal.profile())
    found = (report.signed_in, report.account_seen, report.logout_steps_ok, report.signed_out_seen, report.proof)
    assert found == (True, portal.shows_account, portal.steps_ok, portal.says_goodbye, portal.proof), report.steps
