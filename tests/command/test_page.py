"""The page in a browser, with synthetic pictures."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvicorn

from cli.paths import HOME
from command.api import create_app
from tests.command import feed
from tests.command.browser import CHROMIUM, Browser
from tests.command.show import Made, evening_source, video_only

BUILT = HOME / "web" / "dist"
MODE = "drill-demo"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}"),
    pytest.mark.skipif(not BUILT.is_dir(), reason="the page is not built yet: any start builds it, `./muster test` too"),
]
Visit = Callable[[Browser, str], Awaitable[None]]


@pytest.fixture(scope="session")
def dist() -> Path:
    """The page as it was built for the stack."""
    return BUILT


@pytest.fixture
def evening() -> Made:
    """A stadium evening that stands still, always fresh."""
    return evening_source(feed.stadium(), now_us=feed.NOW_US, seconds=30, mode=MODE)


def visit(source: Made, dist: Path, profile: Path, go: Visit, *, width: int = 1600, height: int = 900) -> list[str]:
    """Serve *source*, open a browser, let *go* do its visit; the faults that the page logged."""

    async def both() -> list[str]:
        listening = socket.create_server(("127.0.0.1", 0))
        app = create_app(source, dist=dist, run=profile)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=1, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            async with Browser(profile / "browser", width=width, height=height) as browser:
                await go(browser, f"http://127.0.0.1:{listening.getsockname()[1]}/")
                errors = browser.errors
        finally:
            server.should_exit = True
            await serving
            listening.close()
        return errors

    return asyncio.run(both())


@pytest.mark.parametrize(
    ("language", "zone", "card", "unknown"),
    [
        ("en", "Stage front: III caution, 3.5 p/m²", "CROWDING", "Hall 1: II warning, unknown"),
        ("zh", "台前: III 注意, 3.5 人/m²", "人群密集", "一号厅: II 严重, 情况不明"),
    ],
)
def test_a_drill_shows_its_stripe_its_zones_and_its_alerts(
    evening: Made, dist: Path, tmp_path: Path, language: str, zone: str, card: str, unknown: str
) -> None:
    async def go(browser: Browser, url: str) -> None:
        await browser.go(f"{url}?lang={language}&mode={MODE}")
        await browser.until("document.querySelectorAll('.card').length === 5")
        assert "EXERCISE 演练" in await browser.value("document.querySelector('#exercise').innerText")
        zones = await browser.value("document.querySelector('#zone-list').textContent")
        assert zone in zones
        assert unknown in zones
        assert card in await browser.value("document.querySelector('.cards').innerText")
        assert await browser.value("document.documentElement.scrollWidth") <= 1600

    assert visit(evening, dist, tmp_path, go) == []


@pytest.fixture
def doubtful() -> Made:
    """The evening with cameras of every state, of which four are recorded."""
    made = evening_source(feed.recorded(feed.stadium(), 4), now_us=feed.NOW_US, seconds=30, mode=MODE)
    for thing, record in feed.evening_doubts(feed.NOW_US):
        made.pictures[MODE].apply(thing, record, feed.NOW_US)
    return made


EDGE_PX = 3  # of a label's own rim
DOUBTS = {
    "en": {
        "zones": (
            "Gate A queue: unknown",
            "Gate D queue: I critical, unknown",
            "Hall 2: I critical, unknown",
            "Gate C queue: II warning, ≥ 3.3 p/m², lower bound: people hide each other",
            "Gate B queue: 0.7 p/m²",
        ),
        "plan": ("camera out of focus", "camera covered", "people hide each other", "≥ lower bound"),
        "trust": (
            "! 28 of 32 cameras",
            "! zones with a lower bound only: 2",
            "night settings: 2",
            "! 3 of 4 cameras recorded",
            "! disk of the recordings over 90 % full",
        ),
        "card": ("seen ≥ 3.5 p/m², may be 6.8 p/m²", "people hide each other from camera Stage front west", "or sooner"),
        "cameras": (
            "Gate A out of focus",
            "Gate D moved, uncalibrated",
            "Hall 2 covered",
            "Stage front west live · lower bound · night settings",
            "Gate B live · night settings",
            "East concourse south live · below 1080p",
        ),
        "camera": ("at least 64 people in the picture", "Those behind are not seen"),
        "total": "people or more",
    },
    "zh": {
        "zones": (
            "A口外场: 情况不明",
            "D口外场: I 危急, 情况不明",
            "二号厅: I 危急, 情况不明",
            "C口外场: II 严重, ≥ 3.3 人/m², 下限值:人群相互遮挡",
            "B口外场: 0.7 人/m²",
        ),
        "plan": ("摄像机失焦", "摄像机被遮挡", "人群相互遮挡", "≥ 下限值"),
        "trust": ("! 摄像机 28/32", "! 仅为下限值的区域:2", "夜间设置:2", "! 录像 3/4", "! 录像磁盘已用超过90%"),
        "card": ("所见 ≥ 3.5 人/m²,可能达 6.8 人/m²", "摄像机“台前西”画面中人群相互遮挡", "可能更早"),
        "cameras": (
            "A口 失焦",
            "D口 移位,未标定",
            "二号厅 被遮挡",
            "台前西 在线 · 仅为下限 · 夜间设置",
            "B口 在线 · 夜间设置",
            "东通道南 在线 · 低于1080p",
        ),
        "camera": ("画面中至少 64 人", "被挡住的人看不到"),
        "total": "人以上",
    },
}


@pytest.mark.parametrize("language", DOUBTS)
def test_every_state_of_a_camera_has_its_words_and_a_zone_that_nobody_sees_well_is_unknown(
    doubtful: Made, dist: Path, tmp_path: Path, language: str
) -> None:
    said = DOUBTS[language]

    async def go(browser: Browser, url: str) -> None:
        async def missing(selector: str, wanted: tuple[str, ...]) -> list[str]:
            text = await browser.value(f"[...document.querySelectorAll({selector!r})].map(node => node.textContent).join('\\n')")
            return [each for each in wanted if each not in text]

        await browser.go(f"{url}?lang={language}&mode={MODE}")
        await browser.until("document.querySelectorAll('.card').length === 6")
        assert await missing("#zone-list", said["zones"]) == []
        assert await missing(".plan", said["plan"]) == []
        assert await missing("#trust", said["trust"]) == []
        assert await missing(".card", said["card"]) == []
        assert await missing(".tile", (said["total"],)) == []
        assert await browser.value("document.querySelectorAll('.zone.unknown.least').length") == 0
        assert await browser.value("document.querySelectorAll('.zone.least').length") == 2
        await browser.value("document.querySelector('button.tile').click()")
        assert await missing("dialog[open] .post", said["cameras"]) == []
        name = said["zones"][3].split()[0].removesuffix("外场:") if language == "zh" else "Gate C"
        await browser.value(
            f"[...document.querySelectorAll('dialog[open] .post')].find(row => row.textContent.startsWith({name + ' '!r})).click()"
        )
        assert await missing(".camera-view", said["camera"]) == []

    assert visit(doubtful, dist, tmp_path, go) == []


def test_on_a_phone_no_label_of_the_plan_covers_another_and_none_is_cut_off(doubtful: Made, dist: Path, tmp_path: Path) -> None:
    async def go(browser: Browser, url: str) -> None:
        await browser.go(f"{url}?lang=en&mode={MODE}")
        await browser.until("document.querySelectorAll('.card').length === 6")
        boxes = "[...document.querySelectorAll('.label-back')].map(node => node.getBoundingClientRect())"
        stage = "document.querySelector('.stage').getBoundingClientRect()"
        assert await browser.value(f"{boxes}.filter(box => box.left < {stage}.left - 1 || box.right > {stage}.right + 1).length") == 0
        covered = (
            "[...document.querySelectorAll('.label .label-back')].map(node => node.getBoundingClientRect())"
            ".flatMap((a, i, all) => all.slice(i + 1).map(b => [Math.min(a.right, b.right) - Math.max(a.left, b.left),"
            " Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)])).filter(([w, h]) => w > 0 && h > 0)"
        )
        assert [pair for pair in await browser.value(covered) if min(pair) > EDGE_PX] == []

    assert visit(doubtful, dist, tmp_path, go, width=390, height=844) == []


def test_a_life_safety_alert_needs_the_key_twice_and_only_on_the_focused_card(evening: Made, dist: Path, tmp_path: Path) -> None:
    async def go(browser: Browser, url: str) -> None:
        await browser.go(url)
        await browser.value("localStorage.setItem('muster.who', JSON.stringify({call: 'M1', role: 'monitor'}))")
        await browser.until("document.querySelectorAll('.card').length === 5")
        await browser.press("a")
        assert not evening.sent
        await browser.press("ArrowDown")
        await browser.press("a")
        assert await browser.value("document.querySelectorAll('.armed').length") == 1
        assert not evening.sent
        await browser.press("a")
        await browser.until("document.querySelectorAll('.armed').length === 0")
        for _ in range(50):
            if evening.sent:
                break
            await asyncio.sleep(0.1)
        [(_, command)] = evening.sent
        assert (command.alert_id, command.actor, command.actor_role, command.second_gesture) == ("v1", "M1", "monitor", True)

    assert visit(evening, dist, tmp_path, go) == []


def test_nobody_acts_without_saying_who_they_are(evening: Made, dist: Path, tmp_path: Path) -> None:
    async def go(browser: Browser, url: str) -> None:
        await browser.go(url)
        await browser.until("document.querySelectorAll('.card').length === 5")
        await browser.value("document.querySelector('.ack').click()")
        assert await browser.value("document.querySelectorAll('dialog[open] .post').length") == len(feed.stadium().posts)

    assert visit(evening, dist, tmp_path, go) == []
    assert evening.sent == []


def test_a_picture_that_stops_is_loud_and_shows_nothing_as_known(evening: Made, dist: Path, tmp_path: Path) -> None:
    evening._now_us = lambda: feed.NOW_US + 8 * feed.S

    async def go(browser: Browser, url: str) -> None:
        await browser.go(f"{url}?lang=en")
        await browser.until("document.querySelector('.banner:not([hidden])')?.innerText.includes('8.0 s')")
        assert await browser.value("document.querySelectorAll('.zone:not(.unknown)').length") == 0

    assert visit(evening, dist, tmp_path, go) == []


def test_names_with_markup_are_shown_as_text(dist: Path, tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>"
    plan = feed.small_plan()
    zones = [zone.model_dump(mode="json") for zone in plan.zones]
    zones[0]["name"] = {"en": name, "zh": name}
    source = Made({MODE: feed.small_plan(zones=zones)})
    source.pictures[MODE].apply("alerts.changes", feed.change("x", "crowd_density", "west", start_us=feed.NOW_US), feed.NOW_US)

    async def go(browser: Browser, url: str) -> None:
        await browser.go(url)
        await browser.until("document.querySelectorAll('.card').length === 1")
        assert name in await browser.value("document.querySelector('.card').innerText")
        assert await browser.value("document.querySelectorAll('img').length") == 0

    assert visit(source, dist, tmp_path, go) == []


@pytest.mark.parametrize(("language", "text"), [("en", "density unknown: camera not calibrated"), ("zh", "密度未知:摄像机未标定")])
def test_an_uncalibrated_video_is_shown_large_with_its_count(dist: Path, tmp_path: Path, language: str, text: str) -> None:
    source = Made({"drill-video": video_only()})
    source.pictures["drill-video"].apply(*feed.health("video", feed.NOW_US, calibrated=False, people=8), feed.NOW_US)

    async def go(browser: Browser, url: str) -> None:
        await browser.go(f"{url}?lang={language}")
        await browser.until("document.querySelector('.camera-view')?.innerText.includes('8')")
        assert text in await browser.value("document.querySelector('.camera-view').innerText")

    errors = visit(source, dist, tmp_path, go)
    assert [error for error in errors if "404" not in error] == []


def test_a_phone_needs_no_sideways_scrolling(evening: Made, dist: Path, tmp_path: Path) -> None:
    async def go(browser: Browser, url: str) -> None:
        await browser.go(url)
        await browser.until("document.querySelectorAll('.card').length === 5")
        assert await browser.value("document.documentElement.scrollWidth") <= 390

    assert visit(evening, dist, tmp_path, go, width=390, height=844) == []


def test_a_live_alert_paints_over_a_drill(dist: Path, tmp_path: Path) -> None:
    source = Made({MODE: feed.small_plan(), "live": feed.small_plan()})
    fire = feed.change("real", "fire", "east", start_us=feed.NOW_US, priority="P1", level="critical")
    source.pictures["live"].apply("alerts.changes", fire, feed.NOW_US)

    async def go(browser: Browser, url: str) -> None:
        await browser.go(f"{url}?mode={MODE}&lang=en")
        await browser.until("document.querySelector('.live-alert:not([hidden])')?.innerText.includes('FIRE')")
        await browser.value("document.querySelector('.live-alert button').click()")
        await browser.until("document.querySelector('#exercise').hidden && document.querySelectorAll('.card').length === 1")

    assert visit(source, dist, tmp_path, go) == []


def test_stop_drill_leads_to_the_live_mode_after_a_question(dist: Path, tmp_path: Path) -> None:
    source = Made({MODE: feed.small_plan(), "live": feed.small_plan()})

    async def go(browser: Browser, url: str) -> None:
        await browser.go(f"{url}?mode={MODE}&lang=zh")
        await browser.until("document.querySelectorAll('.modes option').length === 2")
        await browser.until("document.querySelector('.stop')?.innerText.includes('终止演练 转入实战')")
        await browser.value("document.querySelector('.stop').click()")
        assert not await browser.value("document.querySelector('#exercise').hidden")
        await browser.value("document.querySelector('dialog .danger').click()")
        await browser.until("document.querySelector('#exercise').hidden")

    assert visit(source, dist, tmp_path, go) == []
