"""What people do at the page, in a browser: by the rights of their post, with the gestures that each act asks for."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.events import OrderCommand
from tests.command import feed
from tests.command.browser import CHROMIUM, Browser
from tests.command.show import Made, evening_source
from tests.command.test_page import BUILT, MODE, visit
from tests.linkage.scene import LIVE_KEY, plan_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}"),
    pytest.mark.skipif(not BUILT.is_dir(), reason="the page is not built yet: any start builds it, `./muster test` too"),
]
SHIFT = ("S1", "shift leader")


@pytest.fixture
def dist() -> Path:
    """The page as it was built for the stack."""
    return BUILT


@pytest.fixture
def evening() -> Made:
    """A stadium evening that stands still, always fresh."""
    return evening_source(feed.stadium(), now_us=feed.NOW_US, seconds=30, mode=MODE)


async def enter(browser: Browser, url: str, who: tuple[str, str], *, cards: int = 5, language: str = "en", mode: str = MODE) -> None:
    """Open the page as somebody."""
    await browser.go(f"{url}?lang={language}&mode={mode}")
    await browser.value(f"localStorage.setItem('muster.who', {json.dumps(json.dumps({'call': who[0], 'role': who[1]}))})")
    await browser.go(f"{url}?lang={language}&mode={mode}")
    await browser.until(f"document.querySelectorAll('.card').length === {cards}")


async def said(browser: Browser, selector: str) -> str:
    """The text of what a selector finds."""
    return str(await browser.value(f"[...document.querySelectorAll({json.dumps(selector)})].map(n => n.innerText).join('|')"))


async def sent(rows: list[Any], count: int) -> list[Any]:
    """What was sent, once there is so much of it."""
    for _ in range(80):
        if len(rows) >= count:
            break
        await asyncio.sleep(0.1)
    return [row for _, row in rows]


async def choose(browser: Browser, act: str) -> None:
    """Take an act from the open menu."""
    await browser.value(f"[...document.querySelectorAll('dialog .post')].find(n => n.textContent === {json.dumps(act)}).click()")


def test_the_menu_offers_what_the_post_may_do_and_says_why_life_safety_is_never_shelved(evening: Made, dist: Path, tmp_path: Path) -> None:
    async def go(browser: Browser, url: str) -> None:
        await enter(browser, url, SHIFT)
        await browser.value("document.querySelector('[data-alert=f1]').focus()")
        await browser.press("m")
        menu = await said(browser, "dialog .posts > *")
        assert "Assign to a post …" in menu
        assert "Never shelved: this is life safety (P1)." in menu
        assert "Close …" not in menu
        await enter(browser, url, ("M1", "monitor"))
        await browser.value("document.querySelector('[data-alert=f1] .more-acts').click()")
        menu = await said(browser, "dialog .posts > *")
        assert menu.split("|") == ["Verify: real", "Verify: false …", "Give an order …", "Escalate …"]

    assert visit(evening, dist, tmp_path, go) == []


def test_an_alert_is_shelved_with_a_reason_and_for_a_time_and_a_form_without_them_is_not_sent(
    evening: Made, dist: Path, tmp_path: Path
) -> None:
    async def go(browser: Browser, url: str) -> None:
        await enter(browser, url, SHIFT)
        await browser.value("document.querySelector('[data-alert=c1] .more-acts').click()")
        await choose(browser, "Shelve …")
        await browser.value("document.querySelector('dialog [type=submit]').click()")
        assert "Fill in: Reason" in await said(browser, "dialog .wrong")
        assert not evening.sent
        await browser.value(
            "document.querySelector('dialog textarea').value = 'fans sing'; document.querySelector('dialog [type=submit]').click()"
        )
        [command] = await sent(evening.sent, 1)
        assert (command.action, command.alert_id, command.reason) == ("shelve", "c1", "fans sing")
        assert 0 < command.until_us - feed.NOW_US < 400 * feed.S

    assert visit(evening, dist, tmp_path, go) == []


def test_the_proposed_order_goes_to_the_guard_of_the_place(evening: Made, dist: Path, tmp_path: Path) -> None:
    async def go(browser: Browser, url: str) -> None:
        await enter(browser, url, SHIFT)
        await browser.value("document.querySelector('[data-alert=c1]').focus()")
        await browser.press("p")
        await browser.value("document.querySelector('dialog [type=submit]').click()")
        [command] = await sent(evening.sent, 1)
        assert isinstance(command, OrderCommand)
        assert (command.kind, command.place, command.recipient, command.alert_id) == ("hold_upstream", "gate-c-queue", "C2", "c1")

    assert visit(evening, dist, tmp_path, go) == []


def test_to_stop_the_show_needs_a_second_press_and_its_approval_another_person(evening: Made, dist: Path, tmp_path: Path) -> None:
    async def go(browser: Browser, url: str) -> None:
        await enter(browser, url, SHIFT)
        await browser.value("document.querySelector('[data-alert=c2] .propose').click()")
        stop = "const n = document.querySelector('dialog [name=kind]'); n.value = 'stop_show';"
        change = "n.dispatchEvent(new Event('change', {bubbles: true}))"
        await browser.value(f"(() => {{ {stop} {change} }})()")
        assert "second person" in await said(browser, "dialog .note")
        await browser.value("document.querySelector('dialog [type=submit]').click()")
        assert not evening.sent
        await browser.value("document.querySelector('dialog [type=submit]').click()")
        [command] = await sent(evening.sent, 1)
        assert (command.kind, command.second_gesture) == ("stop_show", True)
        await browser.until("!document.querySelector('dialog')")
        await browser.press("o")
        assert "Approve" not in await said(browser, ".order button")
        await enter(browser, url, ("SO", "safety officer"))
        await browser.press("o")
        assert "OVERDUE by 00:45" in await said(browser, ".order.late .due")
        for _ in range(2):
            await browser.value("[...document.querySelectorAll('.order button')].find(n => n.textContent.startsWith('Approve')).click()")
        command = (await sent(evening.sent, 2))[1]
        assert (command.order_id, command.action, command.actor, command.second_gesture) == ("o3", "approve", "SO", True)

    assert visit(evening, dist, tmp_path, go) == []


def test_a_recipient_says_how_far_an_order_has_come(evening: Made, dist: Path, tmp_path: Path) -> None:
    async def go(browser: Browser, url: str) -> None:
        await enter(browser, url, ("C2", "gate C sector lead"), language="zh")
        await browser.press("o")
        assert "有效" not in await said(browser, ".order")
        await browser.value("[...document.querySelectorAll('.order button')].find(n => n.textContent === '到场').click()")
        [command] = await sent(evening.sent, 1)
        assert (command.order_id, command.action, command.actor) == ("o1", "on_scene", "C2")

    assert visit(evening, dist, tmp_path, go) == []


def test_people_report_what_they_see(evening: Made, dist: Path, tmp_path: Path) -> None:
    async def go(browser: Browser, url: str) -> None:
        await enter(browser, url, ("P4", "patrol, bowl"), language="zh")
        await browser.press("r")
        await browser.value("document.querySelector('dialog [name=zone]').value = 'field'")
        await browser.value("document.querySelector('dialog [name=kind]').value = 'fall'")
        await browser.value(
            "document.querySelector('dialog textarea').value = '三人倒地'; document.querySelector('dialog [type=submit]').click()"
        )
        [command] = await sent(evening.sent, 1)
        assert (command.action, command.target, command.choice, command.reason) == ("report", "field", "fall", "三人倒地")

    assert visit(evening, dist, tmp_path, go) == []


def test_an_output_is_requested_by_holding_and_never_in_a_drill(dist: Path, tmp_path: Path) -> None:
    source = Made({mode: plan_of(enabled=True) for mode in ("live", MODE)})
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "mode.key").write_bytes(LIVE_KEY)
    fireman = ("F1", "fire control room")

    async def go(browser: Browser, url: str) -> None:
        await enter(browser, url, fireman, cards=0)
        await browser.until("document.querySelector('#tab-alerts')?.innerText")
        assert await browser.value("document.querySelector('.panel-open').hidden")
        await enter(browser, url, fireman, cards=0, mode="live")
        await browser.until("document.querySelector('.panel-open')?.hidden === false")
        assert await browser.value("!document.querySelector('.card .panel-open, .acts .hold')")
        await browser.value("document.querySelector('.panel-open').click()")
        hold = "document.querySelector('.hold').dispatchEvent(new PointerEvent('{}', {{button: 0}}))"
        await browser.value(hold.format("pointerdown"))
        await browser.value(hold.format("pointerup"))
        assert [row.gesture for row in await sent(source.gestures, 2)] == ["press", "release"]
        await browser.value(hold.format("pointerdown"))
        rows = await sent(source.gestures, 4)
        assert [row.gesture for row in rows[2:]] == ["press", "held"]
        assert rows[2].request_id == rows[3].request_id != rows[0].request_id

    assert visit(source, dist, tmp_path, go) == []
    assert source.sent == []
