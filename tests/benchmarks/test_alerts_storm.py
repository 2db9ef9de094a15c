"""The storm of the bench: what its manifest expects is what ALERTS makes of its readings."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from benchmarks.alerts.check import Found, judge
from benchmarks.alerts.manifest import FIRE, Manifest, read
from benchmarks.alerts.storm import FIRES, PANEL_FAULT, TWO_GATES, Storm, storm_plan
from benchmarks.alerts.venue import SITE
from pipelines.alerts.kernel import Kernel
from pipelines.codec import encode
from pipelines.events import DispatchReceipt
from pipelines.ingest.dedupe import Dedupe
from pipelines.ingest.validate import Accepted, site_of
from pipelines.ingest.validate import judge as verdict_of
from pipelines.units import SLICE_US, slice_start_us
from simulation.envelopes import Sealer

MODE, KEY = "drill-storm", b"k" * 32
RECEIPT = DispatchReceipt(alert_id="", axis="condition", number=1, channel="inbox", recipient="P1", state="delivered", receipt="", at_us=1)


class Verified:
    """Stands for the broker and for INGEST: readings as they are verified."""

    def __init__(self, plan) -> None:
        self._site, self._dedupe = site_of(plan, mode=MODE, mode_key=KEY), Dedupe()
        self.readings, self.alarms = [], []

    def send(self, _thing, envelope, **_) -> None:
        verdict = verdict_of(encode(envelope), appended_us=envelope.event_time_us, site=self._site, dedupe=self._dedupe)
        assert isinstance(verdict, Accepted), verdict
        self.readings += [(topic, reading) for topic, _, reading in verdict.readings]
        self.alarms += [verdict.p1] if verdict.p1 is not None else []

    def turn(self) -> None:
        pass


def test_every_alert_that_the_storm_expects_comes_once_under_two_heads_and_the_fires_by_themselves(tmp_path) -> None:
    plan, manifest = storm_plan(), Manifest(tmp_path / "m")
    verified = Verified(plan)
    sent = Storm(verified, Sealer(site=SITE, mode=MODE, mode_key=KEY, boot_us=1), plan, manifest, seed=1).blow(per_s=1000, seconds=0.5)
    manifest.close()
    kernel, found = Kernel(plan, plan_hash="p", mode=MODE), Found()
    steps: dict[int, list] = {}
    for topic, reading in sorted(verified.readings, key=lambda row: row[1].event_time_us):
        steps.setdefault(slice_start_us(reading.event_time_us) + SLICE_US, []).append((topic, reading))
    changes = [change for alarm in verified.alarms for change in kernel.p1(alarm)]
    changes += [change for now_us, rows in sorted(steps.items()) for change in kernel.step(now_us, rows).changes]
    for change in changes:
        found.take(change)
    for fire in sent.fires:
        found.take(replace(RECEIPT, alert_id=fire))
    judged = judge(read(manifest.path), found)
    assert (judged["lost"], judged["duplicates"], judged["conflicts"], judged["gaps"]) == (0, 0, 0, 0), judged["what"]
    assert judged["expected"] == judged["seen"] == sent.alerts + FIRES == 510
    assert Counter(row.kind for row in read(manifest.path)) == {PANEL_FAULT: 400, TWO_GATES: 100, FIRE: 10}
    assert (judged["came_up"], judged["shown"], judged["heads"]) == (10, 2, 3)
