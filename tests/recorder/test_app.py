"""The recorder as a process: killed, without a broker, on a disk that is full."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from connectors.recorded import examine
from pipelines.errors import TransientError
from pipelines.events import CameraSegment
from pipelines.recorder.library import Library
from pipelines.recorder.telling import Telling
from tests.plans import plan_dict
from tests.recorder.films import Feed, film
from tests.recorder.test_library import NOW_US, segment

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 40


@contextmanager
def recorder(
    folder: Path, sources: dict[str, str], *, recordings: Path | None = None, kafka: str = "127.0.0.1:9"
) -> Iterator[subprocess.Popen[bytes]]:
    """The process; with a broker that is not there, unless one is given."""
    cameras = [
        {"id": camera, "name": {"en": "x", "zh": "某处"}, "at": [0, 0], "owns": [20 * number, 0, 20 * number + 20, 20], "kind": "video"}
        | {"source": source, "record": True}
        for number, (camera, source) in enumerate(sources.items())
    ]
    plan = plan_dict(cameras=cameras, lines=[], zones=[row for row in plan_dict()["zones"] if row["id"] == "hall"])
    plan["zones"][0].pop("filled_by")
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan, allow_unicode=True))
    settings = {
        "MUSTER_MODE": "drill-video",
        "MUSTER_KAFKA": kafka,
        "MUSTER_PLAN": str(folder / "plan.yaml"),
        "MUSTER_RUN": str(folder),
        "MUSTER_CAMERA": ",".join(sources),
        "MUSTER_RECORDINGS": str(recordings or folder / "recordings"),
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")} | settings
    log = (folder / "log").open("ab")
    process = subprocess.Popen([sys.executable, "-m", "pipelines.recorder.app"], cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        log.close()


def wait(enough: Callable[[], bool], folder: Path) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not enough():
        assert time.monotonic() < until_s, (folder / "log").read_text()
        time.sleep(0.05)


def partial(library: Library, camera: str) -> int:
    """Bytes of the file that a camera's recorder is writing."""
    return sum(path.stat().st_size for path, named in library.files(camera) if named.partial)


def test_a_file_that_was_being_written_at_a_kill_is_mended_at_the_next_start_and_recording_goes_on(
    tmp_path: Path, feeds: list[Feed]
) -> None:
    feeds.append(Feed([film(seconds=20)], seconds=20))
    library = Library(tmp_path / "recordings" / "drill-video")
    with recorder(tmp_path, {"c1": feeds[0].address}) as process:
        wait(lambda: partial(library, "c1") > 8_000, tmp_path)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    left = partial(library, "c1")
    assert library.index("c1") == []
    with recorder(tmp_path, {"c1": feeds[0].address}) as process:
        wait(lambda: len(library.index("c1")) == 1 and partial(library, "c1") > 0, tmp_path)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    mended, after = library.index("c1")
    assert (mended.ended, mended.size_bytes, after.ended) == ("killed", left, "stop")
    assert mended.frames == len(examine(library.root / mended.file).packets) > 0
    assert after.gap_us == after.start_us - mended.end_us > 0
    assert library.missing([mended, after]) == []
    assert "was cut off by a kill; it is kept as far as it can be read" in (tmp_path / "log").read_text()


def test_recording_needs_no_broker(tmp_path: Path) -> None:
    film(tmp_path / "film.mp4", seconds=1, kind="mp4")
    library = Library(tmp_path / "recordings" / "drill-video")
    with recorder(tmp_path, {"c1": str(tmp_path / "film.mp4")}) as process:
        wait(lambda: len(library.index("c1")) >= 3, tmp_path)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    assert library.told_us("c1") == 0
    assert "the topic has not heard of the newest files" in (tmp_path / "log").read_text()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    done = subprocess.run([mount or "mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(path: Path) -> None:
    with path.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            assert error.errno == errno.ENOSPC  # noqa: PT017 - the loop ends by it
            return


def test_a_full_disk_stops_the_recording_loudly_deletes_nothing_young_and_heals(
    tmp_path: Path, small_disk: Path, feeds: list[Feed]
) -> None:
    feeds.append(Feed([film(seconds=60)], seconds=60))
    library = Library(small_disk / "drill-video")
    library.root.mkdir()
    filling = small_disk / "somebody-elses"
    filling.write_bytes(bytes(3 << 20))
    now_us = time.time_ns() // 1000
    old, young = segment(library, now_us - 40 * 86_400_000_000), segment(library, now_us - 86_400_000_000)
    with recorder(tmp_path, {"c1": feeds[0].address}, recordings=small_disk) as process:
        wait(lambda: partial(library, "c1") > 0, tmp_path)
        fill(filling)
        wait(lambda: "RECORDING HAS STOPPED" in (tmp_path / "log").read_text(), tmp_path)
        wait(lambda: library.missing([old]) == [old.file], tmp_path)
        assert library.missing([young]) == []
        filling.unlink()
        wait(lambda: "has room" in (tmp_path / "log").read_text() and partial(library, "c1") > 0, tmp_path)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    made = [row for row in library.index("c1") if row.camera == "c1" and row.start_us > now_us - 3_600_000_000]
    assert [row.ended for row in made][-1] == "stop"
    assert "disk" in [row.ended for row in made] or len(made) == 1
    assert library.missing(made) == []
    assert "录像已停止" in (tmp_path / "log").read_text()


class Topic:
    """A broker as the index sees it: away, slow or there."""

    def __init__(self) -> None:
        self.heard: list[CameraSegment] = []
        self.waiting = 0
        self.trouble: list[TransientError] = []

    def send(self, thing: str, record: object, *, key: str = "") -> None:
        assert isinstance(record, CameraSegment) and (thing, key) == ("camera.segments", record.camera)
        self.heard.append(record)

    def flush(self, timeout_s: float = 10) -> None:
        if self.trouble:
            raise self.trouble.pop(0)


def rows(library: Library, count: int) -> list[CameraSegment]:
    made = [segment(Library(library.root / "elsewhere"), NOW_US + number * 30_000_000) for number in range(count)]
    for row in made:
        (library.root / row.file).parent.mkdir(parents=True, exist_ok=True)
    return made


def test_a_file_is_in_the_index_before_the_topic_hears_of_it_and_is_told_again_until_it_has(tmp_path: Path) -> None:
    library, topic = Library(tmp_path), Topic()
    telling = Telling(library, topic)
    made = rows(library, 2)
    telling.take(made[0])
    topic.waiting, topic.trouble = 1, [TransientError("1 records did not arrive")]
    assert "the broker takes nothing" in telling.turn()
    assert (library.index("c1"), topic.heard, library.told_us("c1")) == (made[:1], made[:1], 0)
    telling.take(made[1])
    topic.waiting, topic.trouble = 0, [TransientError("refused")]
    assert "refused" in telling.turn()
    assert topic.heard == made  # what is under way was not sent twice
    assert telling.turn() == ""
    assert topic.heard == [*made, *made]  # what never arrived is
    assert (library.told_us("c1"), telling.waiting) == (made[1].end_us, 0)


def test_what_was_indexed_before_a_kill_and_not_told_is_told_at_the_next_start(tmp_path: Path) -> None:
    library, topic = Library(tmp_path), Topic()
    made = rows(library, 3)
    for row in made:
        library.add(row)
    library.tell("c1", made[0].end_us)
    telling = Telling(library, topic)
    telling.again("c1")
    telling.turn()
    assert topic.heard == made[1:]
