"""Portals nobody has seen yet: what the live check says of each is what is true of it."""

from __future__ import annotations

import pytest

from tests.strange_portals import apps, provider, sessions, strange
from tests.strange_portals.conftest import Checks
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
    strange.DrawsLate,
    strange.StorageForgotten,
    strange.RotatesCookies,
    strange.FormInPlace,
    strange.InFrames,
    strange.Slow,
    strange.AsksBeforeLogout,
    strange.LogoutInNewTab,
    strange.OpensWindows,
    strange.CookieOnPath,
    strange.RedirectsByScript,
    strange.OnlyDropsTheCookie,
    strange.RemembersTheDevice,
    strange.InTroubleAfterwards,
    strange.TooManyRequestsAfterwards,
    strange.OpensForEverybody,
    strange.RotatesAndForgets,
    strange.AnonymousAfterwards,
    apps.HashRoutes,
    apps.TokenInDatabase,
    apps.TokenLeftInDatabase,
    apps.TokenInMemory,
    apps.RefreshedAfterLogout,
    apps.SaysGoodbyeTooEarly,
    apps.AsksAllTheTime,
    apps.InShadow,
    apps.WorksOffline,
    sessions.RefreshesItself,
    sessions.RefreshesByHeader,
    sessions.Challenges,
    sessions.HidesItself,
    sessions.Lies,
    sessions.WantsDocuments,
    sessions.ClearsEverything,
    sessions.MayBeKept,
    sessions.SignInInPopup,
    sessions.SpeaksUp,
    sessions.NeverKeepsStill,
    sessions.CountsPresses,
    sessions.BehindMenuAndQuestion,
    sessions.SameCookieForAll,
    sessions.NameThenPassword,
    sessions.OnlySaysExpired,
    sessions.NothingToReplay,
    sessions.NeverAnswersTheLogout,
    sessions.AccountInMenu,
    provider.ConsentWithBox,
    sessions.ByManyRoads,
    provider.PostsItsAnswer,
    provider.AsksInFrame,
    provider.BesideAForm,
    provider.BesideAFormButEnded,
    sessions.ByTheQueryAlone,
    sessions.ByTheQueryAloneAndLies,
    sessions.OnlyTheBrowserFindsIt,
    sessions.OnlyTheBrowserFindsItStillOpen,
)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("kind", PORTALS, ids=lambda kind: kind.__name__)
async def test_the_check_says_what_is_true(kind: type[Portal], checks: Checks) -> None:
    portal, report = await checks.of(kind)
    found = (report.signed_in, report.account_seen, report.logout_steps_ok, report.signed_out_seen, report.proof)
    assert found == (True, portal.shows_account, portal.steps_ok, portal.says_goodbye, portal.proof), report.steps
