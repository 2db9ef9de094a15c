"""Drill events, hostile in every way that a mode can be written, against every border to the world: none may get out.

Each event is one of a drill. Its mode field is left as it is, spelled like `live` in every way that a person or a fault might,
or set to exactly `live`; it comes by its own topic or, as the one fault, by that of the live mode. The borders are those that
a drill's event meets: INGEST of the live mode, DISPATCH of both, the drill's inbox, the gateway of the fire panel in both
modes, and the line that writes to the panel, which has a listener at its end. At the end one true live event passes, so that
a border that refuses everything is found too.
"""

from __future__ import annotations

import contextlib
import io
import random
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import yaml

from connectors import marks
from connectors.inbox import Inbox
from connectors.kafka import Row
from connectors.modbus import Credentials, Frame, PanelLine, RequestLine
from pipelines.codec import encode, encode_body, schema_id
from pipelines.dispatch.desk import Desk
from pipelines.errors import ConfigError, MusterError, RefusedError
from pipelines.events import AlertChange, LinkageRequest, RawEnvelope, SensorFire
from pipelines.ingest.dedupe import Dedupe
from pipelines.ingest.signing import device_key
from pipelines.ingest.signing import sign as sign_envelope
from pipelines.ingest.validate import Accepted, Site, judge, site_of
from pipelines.linkage.gateway import Gateway, Identity
from pipelines.linkage.gestures import sign
from pipelines.linkage.registers import Seen
from pipelines.messages import Channel, Message, Texts
from pipelines.topics import is_drill
from pipelines.units import MICRO
from plan.load import parse, plan_hash
from plan.model import Plan
from simulation.alerts import alert_change

EVENTS: Final = 1_000_000
LIVE: Final = "live"
DRILL: Final = "drill-evening"
LIVE_KEY: Final = b"L" * 32
DRILL_KEY: Final = b"D" * 32
_START_US: Final = 1_767_225_600 * MICRO
_LOOK_ALIKES: Final = {"l": "1I|lлӏ", "i": "1ıіiíⅰ", "v": "νѵvⅴ", "e": "еeéℯ"}
_AROUND: Final = ("", " ", "\t", "\n", "\0", "\u00a0", "\u200b", "\ufeff", "\u202e", "\u0301", "'", '"', ";", "/", "\\", ".", ",", "%00")
_INSIDE: Final = (
    "drill-live", "live-drill", "drill-live-1", "drill-x.live", "live.drill-x", "live,drill-x", "drill-x/../live", "alive", "lively",
    "mode=live", "", "None", "null", "drill-", "drill", "DRILL-live", "drill-LIVE", "live live", "livelive", "live" * 20,
)  # fmt: skip


def hostile_modes(chance: random.Random) -> Iterator[str]:
    """Modes as a drill's event might carry them, without end; one in twenty is exactly `live`."""
    makers: tuple[Callable[[], str], ...] = (
        lambda: DRILL,
        lambda: f"drill-{chance.randrange(10**6)}",
        lambda: chance.choice(_INSIDE),
        lambda: "".join(chance.choice((letter, letter.upper())) for letter in LIVE),
        lambda: chance.choice(_AROUND) + LIVE + chance.choice(_AROUND),
        lambda: "".join(chance.choice(_LOOK_ALIKES[letter] + letter) for letter in LIVE),
        lambda: _broken(LIVE, chance),
        lambda: _broken(DRILL, chance),
        lambda: "".join(chr(chance.randrange(1, 0xD7FF)) for _ in range(chance.randrange(12))),
    )
    while True:
        yield LIVE if chance.random() < 0.05 else chance.choice(makers)()


def _broken(text: str, chance: random.Random) -> str:
    """*text* with one character taken out, doubled, or another."""
    at = chance.randrange(len(text))
    return text[:at] + chance.choice(("", text[at] * 2, chr(chance.randrange(32, 0x2FF)))) + text[at + 1 :]


def is_mode(mode: str) -> bool:
    """Whether *mode* is a drill's, as it should be."""
    try:
        return is_drill(mode)
    except ConfigError:
        return False


class World:
    """Stands for every channel that carries what is real, and for nothing else; it counts what it took."""

    network, takes_live, takes_drills = "world", True, False

    def __init__(self) -> None:
        """Nothing has come."""
        self.name = "world"
        self.delivered = 0

    def start(self) -> None:
        """Nothing to dial."""

    def deliver(self, message: Message) -> str:
        """Take a real message; it looks at the mode by itself, with what every channel looks by."""
        marks.check(message, name=self.name, takes_live=self.takes_live, takes_drills=self.takes_drills)
        self.delivered += 1
        return "taken"

    def close(self) -> None:
        """Nothing is open."""


class Nothing:
    """Takes records and keeps none."""

    def send(self, *_: Any, **__: Any) -> None:
        """Nothing."""


class Listener:
    """At the end of the line to the panel: counts who dials."""

    def __init__(self) -> None:
        """Listen on loopback."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.dialled = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                taken, _ = self._socket.accept()
                self.dialled += 1
                taken.close()

    def close(self) -> None:
        """Listen no more."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def the_plan(port: int) -> Plan:
    """The example plan with a panel at *port*, outputs turned on, and a post that may ask."""
    plain = yaml.safe_load((Path(__file__).resolve().parent.parent / "plan" / "examples" / "stadium.yaml").read_text(encoding="utf-8"))
    plain["posts"] = [
        {**post, "rights": [*post["rights"], *(["fire_output"] if post["call_sign"] == "F1" else [])]} for post in plain["posts"]
    ]
    del plain["response_plans"]  # what follows from a message is not asked either
    bit = {"table": "discrete"}
    plain["linkage"] = {
        "device": "panel-1",
        "panel": {"host": "127.0.0.1", "port": port},
        "timeout_s": 0.2,
        "equipment": [
            {"id": "rain", "kind": "sprinkler", "zone": "hall-2", "started": {**bit, "address": 0}, "feedback": {**bit, "address": 1}}
        ],
        "outputs": {"enabled": True, "requests": [{"equipment": "rain", "code": 7, "address": 0, "echo": 0}]},
    }
    return parse(plain)


@dataclass(slots=True, kw_only=True)
class Borders:
    """Every border, with what got through it."""

    plan: Plan
    folder: Path
    listener: Listener
    world: World = field(default_factory=World)
    verified: int = 0
    refused: int = 0
    now_us: int = _START_US
    line: RequestLine = field(init=False)
    inbox: Inbox = field(init=False)
    gateways: dict[str, Gateway] = field(init=False)
    sites: Site = field(init=False)
    ways: dict[str, Channel] = field(init=False)
    plan_id: str = field(init=False)

    def __post_init__(self) -> None:
        """Build them: the gateway of the drill is given the live line too, as one fault."""
        site, self.plan_id = self.plan.event.site, plan_hash(self.plan)
        keys = Credentials(mode=LIVE, site=site, panel="panel-1", passcode=1)
        how = {"host": "127.0.0.1", "port": self.listener.port, "timeout_s": 0.2}
        self.line = RequestLine(keys, site=site, panel="panel-1", unit=2, **how)  # type: ignore[arg-type]  # three of their kinds
        self.inbox = Inbox(self.folder)
        self.inbox.start()
        self.sites = site_of(self.plan, mode=LIVE, mode_key=LIVE_KEY)
        names = [row.channel for row in self.plan.duty.channels] if self.plan.duty is not None else []
        self.ways = dict.fromkeys(names, self.world)
        self.gateways = {}
        for mode, key in ((LIVE, LIVE_KEY), (DRILL, DRILL_KEY)):
            who = Identity(mode=mode, plan=self.plan, mode_key=key, boot_id="boot")
            reads = PanelLine(unit=1, **how)  # type: ignore[arg-type]  # likewise
            self.gateways[mode] = Gateway(who, line=reads, writer=self.line, sender=Nothing(), clock_us=lambda: self.now_us)
            self.gateways[mode]._panel.newest = Seen()  # noqa: SLF001 - the panel answers, and nothing runs

    @property
    def live_messages(self) -> int:
        """What got out: real messages, files of what is no drill, verified readings, and calls to the panel."""
        return self.world.delivered + len(list(self.folder.iterdir())) + self.verified + self.listener.dialled

    def meet(self, number: int, mode: str) -> None:
        """One event of a drill at every border; *mode* is what its field says."""
        self.now_us += 10 * MICRO
        self._alert(number, mode)
        self._reading(number, mode)
        self._request(number, mode)

    def _alert(self, number: int, mode: str) -> None:
        change = replace(_CHANGE, mode=mode, alert_id=f"{number:032x}")
        self._dispatch(DRILL, change, self.ways)  # a drill that has been given the live channels
        if mode != LIVE:  # `live` by the live topic would be two faults
            self._dispatch(LIVE, change, self.ways)
            self._offer(self.world, _message(change))  # the desk's own check has failed
        if not is_mode(mode):
            self._offer(self.inbox, _message(change))

    def _dispatch(self, mode: str, change: AlertChange, ways: dict[str, Channel]) -> None:
        """A desk of *mode* takes the change, and its channels what it hands them."""
        desk = Desk(mode=mode, plan=self.plan, channels=ways)
        if desk.foreign(change) and not is_mode(change.mode):  # one that is written like a mode goes on to the next check
            self.refused += 1
            return
        desk.take(change, appended_us=self.now_us, since_us=self.now_us, wall_us=self.now_us)
        for handed in desk.turn(now_us=self.now_us, wall_us=self.now_us):
            self._offer(ways[handed.channel], handed.message)

    def _offer(self, channel: Channel, message: Message) -> None:
        try:
            channel.deliver(message)
        except RefusedError:
            self.refused += 1

    def _reading(self, number: int, mode: str) -> None:
        made = replace(_ENVELOPE, mode=mode, sequence=number, site=self.plan.event.site)
        verdict = judge(
            encode(sign_envelope(made, device_key(DRILL_KEY, made.device))), appended_us=_START_US, site=self.sites, dedupe=Dedupe()
        )
        # an alarm whose signature does not hold is shown to a person as UNVERIFIED; it is no reading
        self.verified += isinstance(verdict, Accepted) and bool(verdict.readings)

    def _request(self, number: int, mode: str) -> None:
        rows = self.gestures(number, mode, DRILL_KEY)
        self._hear(self.gateways[LIVE], rows, topic_of=LIVE)  # by the topic of the live mode
        self._hear(self.gateways[LIVE], rows, topic_of=DRILL)  # read from the drill's topic
        self._hear(self.gateways[DRILL], rows, topic_of=DRILL)  # a drill that has been given the live line
        if mode != LIVE:
            self._hear(self.gateways[LIVE], self.gestures(number, mode, LIVE_KEY), topic_of=LIVE)  # the live key was copied
            try:
                self.line.ask(Frame(mode=mode, equipment="rain", address=0, echo=0, code=7, beat=1))
            except RefusedError:
                self.refused += 1

    def _hear(self, gateway: Gateway, rows: list[LinkageRequest], *, topic_of: str) -> None:
        gateway.hear([Row(thing="linkage.requests", mode=topic_of, partition=0, offset=0, appended_us=0, record=row) for row in rows])
        gateway.ask()

    def gestures(self, number: int, mode: str, key: bytes) -> list[LinkageRequest]:
        """Press and hold, two seconds apart, of a post with the right."""
        made = LinkageRequest(
            request_id=f"{number:016x}",
            mode=mode,
            site=self.plan.event.site,
            equipment="rain",
            gesture="press",
            actor="F1",
            actor_role="fire control room",
            alert_id="",
            reason="",
            received_us=self.now_us - 2 * MICRO,
            plan=self.plan_id,
            hmac=b"",
        )
        return [sign(made, key), sign(replace(made, gesture="held", received_us=self.now_us), key)]

    def one_live_event(self) -> bool:
        """Whether what is real does get out, through DISPATCH's channel and through the line to the panel."""
        before = self.listener.dialled
        self._dispatch(LIVE, replace(_CHANGE, mode=LIVE), self.ways)
        self._hear(self.gateways[LIVE], self.gestures(2**40, LIVE, LIVE_KEY), topic_of=LIVE)
        until_s = time.monotonic() + 5
        while self.listener.dialled == before and time.monotonic() < until_s:
            time.sleep(0.01)
        return self.listener.dialled > before and self.world.delivered > 0


_READING: Final = SensorFire(
    device="s-217", event_time_us=_START_US, received_us=0, zone="hall-2", kind="smoke", state="alarm", output="", x_cm=1, y_cm=1
)
_ENVELOPE: Final = RawEnvelope(
    site="",
    device="s-217",
    boot_id="boot",
    sequence=0,
    event_time_us=_START_US,
    received_us=0,
    topic="sensor.fire",
    mode=DRILL,
    schema_id=schema_id(SensorFire),
    payload=encode_body(_READING),
    hmac=b"",
)
_CHANGE: Final = alert_change(
    mode=DRILL, rule="fire", place="hall-2", start_us=_START_US, event_time_us=_START_US, value=0.0, unit="smoke", source="s-217"
)


def _message(change: AlertChange) -> Message:
    return Message(
        message_id="x",
        mode=change.mode,
        kind="alert",
        recipient="F1",
        texts={"en": Texts(radio="x", screen="x"), "zh": Texts(radio="x", screen="x")},
        sent_us=_START_US,
        change=change,
    )


def run(home: Path, root: Path, *, seconds: int | None = None, events: int = EVENTS, seed: int = 41) -> dict[str, Any]:  # noqa: ARG001 - every benchmark is called alike
    """Send *events* drill events, or as many as go in *seconds*, to every border and count what got out."""
    chance, listener = random.Random(seed), Listener()  # noqa: S311 - a seed makes it repeatable
    began_s, sent, modes = time.monotonic(), 0, set()
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as said:
            borders = Borders(plan=the_plan(listener.port), folder=Path(folder), listener=listener)
            for sent, mode in zip(range(1, events + 1), hostile_modes(chance), strict=False):
                borders.meet(sent, mode)
                modes.add(mode)
                said.seek(0)
                said.truncate()
                if seconds is not None and time.monotonic() - began_s > seconds:
                    break
            leaked = borders.live_messages
            passes = borders.one_live_event()
    except MusterError as error:
        return {"ok": False, "why": str(error)}
    finally:
        listener.close()
    return {
        "events": sent,
        "spellings_of_the_mode": len(modes),
        "drill_leaks": leaked,
        "a_live_event_passes": passes,
        "seconds": round(time.monotonic() - began_s, 1),
        "ok": leaked == 0 and passes,
    }
