"""The dead man's switch: what is judged of the events that pass, and what is called out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines import probe
from pipelines.errors import ConfigError
from pipelines.events import ProbePassed
from stack import watch_file
from stack.callout import PART_WORDS, WORDS, Call, Channel, call_out, channel
from stack.deadman import GRACE_US, LATE_US, SEND_EVERY_US, STALLED_US, Judge, Verdict
from stack.guard import groups_left
from stack.parts_seen import PATIENT_S, PartsSeen

S = 1_000_000
WALL = 1_767_225_600_000_000
PATIENCE_S = 30.0


def word(sequence: int, stage: str, at_us: int, *, behind_us: int = S, problem: str = "") -> ProbePassed:
    clock = WALL + at_us - behind_us if stage == "alerts" and behind_us >= 0 else -1
    return ProbePassed(sequence=sequence, sent_us=WALL, stage=stage, at_us=WALL + at_us, clock_us=clock, problem=problem)


def whole(judge: Judge, sequence: int, at_us: int, **fields) -> None:
    judge.sent(sequence, at_us)
    for stage in probe.STAGES:
        judge.passed(word(sequence, stage, at_us + S // 10, **fields))


def test_events_that_come_through_are_a_path_that_lives():
    judge = Judge(0)
    assert judge.verdict(S).state == "starting"
    for sequence in range(5):
        whole(judge, sequence, sequence * SEND_EVERY_US)
        assert judge.verdict(sequence * SEND_EVERY_US + S).state == "ok"


@pytest.mark.parametrize(("stopped", "last"), [("ingest", ""), ("alerts", "ingest"), ("dispatch", "alerts")])
def test_a_stage_that_stops_at_any_moment_is_called_out_within_fifteen_seconds_by_its_name(stopped, last):
    worst_us = 0
    for moment_us in range(10 * S, 10 * S + SEND_EVERY_US, S // 4):
        judge, at_us = Judge(0), 0
        while judge.verdict(at_us).state != "down":
            if at_us % SEND_EVERY_US == 0:
                sequence = at_us // SEND_EVERY_US
                judge.sent(sequence, at_us)
                for stage in probe.STAGES:
                    if stage == stopped and at_us >= moment_us:
                        break
                    judge.passed(word(sequence, stage, at_us))
            at_us += S // 4
        verdict = judge.verdict(at_us)
        assert verdict.stage == last
        assert f"no sign of life from {stopped}" in verdict.sentence_en
        worst_us = max(worst_us, at_us - moment_us)
    print(f"{stopped} stops: called out after at most {worst_us / S:.2f} s")
    assert worst_us <= 15 * S


def test_a_clock_that_stands_still_is_called_out_within_ten_seconds():
    worst_us = 0
    for moment_us in range(10 * S, 10 * S + SEND_EVERY_US, S // 4):
        judge, at_us = Judge(0), 0
        while judge.verdict(at_us).state != "down":
            if at_us % SEND_EVERY_US == 0:
                whole(judge, at_us // SEND_EVERY_US, at_us, behind_us=max(at_us - moment_us, 0) + S // 2)
            at_us += S // 4
        assert "measures stand still" in judge.verdict(at_us).sentence_en
        worst_us = max(worst_us, at_us - moment_us)
    print(f"ticks stop: called out after at most {worst_us / S:.2f} s")
    assert worst_us <= 10 * S


def test_a_start_has_its_time_and_no_more():
    judge = Judge(0)
    judge.sent(0, 0)
    assert judge.verdict(GRACE_US).state == "starting"
    assert judge.verdict(GRACE_US + 1).state == "down"


def test_windows_that_never_begin_are_called_out_once_the_start_has_had_its_time():
    judge = Judge(0)
    whole(judge, 0, S, behind_us=-1)
    assert judge.verdict(2 * S).state == "ok"
    whole(judge, 1, GRACE_US, behind_us=-1)
    assert "no window of measures has ended" in judge.verdict(GRACE_US + S).sentence_en


def test_a_path_that_lives_again_is_no_longer_down():
    judge = Judge(0)
    whole(judge, 0, 0)
    judge.sent(1, 5 * S)
    assert judge.verdict(5 * S + LATE_US + 1).state == "down"
    whole(judge, 2, 20 * S)
    assert judge.verdict(21 * S).state == "ok"


def test_what_fails_beside_the_path_is_degraded_and_a_supervisor_that_is_gone_is_down_at_once():
    judge = Judge(0)
    whole(judge, 0, 0)
    assert (judge.verdict(S, wrong=["store"]).state, judge.verdict(S, wrong=["store"]).sentence_en) == ("degraded", "not running: store")
    held = judge.verdict(S, wrong=["kafka", "store"])
    assert (held.state, held.sentence_en, held.stage) == ("down", "not running: kafka", "dispatch")
    whole(judge, 1, S, problem="no channel works")
    assert "ingest: no channel works" in judge.verdict(2 * S).sentence_en
    assert judge.verdict(S, alone=True).state == "down"


def test_words_about_events_of_another_watch_count_for_nothing():
    judge = Judge(0)
    judge.sent(0, 0)
    for stage in probe.STAGES:
        judge.passed(word(7, stage, 0))
    assert judge.verdict(GRACE_US + 1).state == "down"
    assert STALLED_US + SEND_EVERY_US <= 10 * S


def test_a_stage_passes_on_what_the_one_before_it_has_just_passed_and_nothing_old():
    rows = [word(1, "alerts", 0), word(2, "ingest", 0), word(3, "alerts", -40 * S)]
    assert [(row.sequence, row.stage) for row in probe.hops(rows, after="alerts", stage="dispatch", at_us=WALL + S)] == [(1, "dispatch")]


def test_a_call_reaches_the_operators_command_on_its_input_and_a_drill_calls_nobody(tmp_path, capfd):
    out = tmp_path / "called"
    config = tmp_path / "callout.yaml"
    config.write_text(json.dumps({"command": ["/bin/sh", "-c", f"cat > {out}"]}))
    call = Call(mode="live", words=WORDS, sentence_en="ingest", sentence_zh="接入", at_us=WALL)
    for thread in call_out(call, channel(config)):
        thread.join()
    assert json.loads(out.read_text()) == {"mode": "live", "exercise": False, "words": WORDS, "en": "ingest", "zh": "接入", "at_us": WALL}
    out.unlink()
    assert call_out(Call(mode="drill-t", words=WORDS, sentence_en="", sentence_zh="", at_us=WALL), channel(config)) == []
    assert not out.exists()
    assert "EXERCISE 演练" in capfd.readouterr().err


def test_a_command_or_webhook_that_fails_is_told_and_holds_nothing_up(capfd):
    by = Channel(command=("/nonexistent/bell",), webhook="http://127.0.0.1:1/secret-token", timeout_s=2)
    for thread in call_out(Call(mode="live", words=PART_WORDS, sentence_en="", sentence_zh="", at_us=0), by):
        thread.join()
    said = capfd.readouterr().err
    assert "the command of the call-out failed" in said
    assert "the webhook of the call-out failed" in said
    assert "secret-token" not in said


def test_a_call_out_file_with_a_slip_is_refused_with_a_sentence(tmp_path):
    (tmp_path / "callout.yaml").write_text("comand: [beep]\n")
    with pytest.raises(ConfigError, match=r"callout\.yaml: expected command, webhook"):
        channel(tmp_path / "callout.yaml")
    assert channel(tmp_path / "none.yaml") == Channel()


def test_a_watchdog_that_says_nothing_for_long_is_itself_told_of(tmp_path):
    said = watch_file.said(Verdict(state="ok", stage="dispatch"), mode="live", pid=1, since_us=0, sequence=3)
    watch_file.write(tmp_path, said)
    assert [row["state"] for row in watch_file.watches(tmp_path / "run")] == ["ok"]
    assert watch_file.is_alive(tmp_path, "live")
    path = watch_file.path_of(tmp_path, "live")
    before = time.time() - watch_file.SILENT_S - 1
    os.utime(path, (before, before))
    assert [row["state"] for row in watch_file.watches(tmp_path / "run")] == ["silent"]
    assert not watch_file.is_alive(tmp_path, "live")
    watch_file.forget(tmp_path, "live")
    assert watch_file.watches(tmp_path / "run") == []


def test_a_part_that_was_stopped_is_seen_from_outside(tmp_path: Path):
    child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
    try:
        parts = [{"name": "store", "state": "ready", "pid": child.pid}, {"name": "topics", "state": "done", "pid": None}]
        (tmp_path / "status-up.json").write_text(json.dumps({"supervisor_pid": os.getpid(), "parts": parts}))
        seen = PartsSeen(tmp_path, os.getpid())
        assert seen.wrong(0) == []
        left = {"supervisor_pid": 2**22 + 1, "parts": [{"name": "kafka", "state": "ready", "pid": 2**22 + 2}]}
        (tmp_path / "status-killed.json").write_text(json.dumps(left))
        assert (seen.wrong(0), seen.wrong(PATIENT_S)) == ([], []), "a machine that was killed has left its file"
        child.send_signal(signal.SIGSTOP)
        until = time.monotonic() + PATIENCE_S
        while not seen._since_s and time.monotonic() < until:
            seen.wrong(1)
        assert seen.wrong(1 + PATIENT_S - 0.1) == []
        assert seen.wrong(1 + PATIENT_S) == ["store"]
        child.send_signal(signal.SIGCONT)
        while seen._since_s and time.monotonic() < until:
            seen.wrong(20)
        assert seen.wrong(60) == []
    finally:
        child.kill()
        child.wait()


def test_the_guard_lets_those_linger_that_may():
    late: set[int] = set()
    assert groups_left(["+5\n", "~6\n", "~7\n", "-7\n"], lingering=late) == {5}
    assert late == {6}
