"""Recording from live sources and files, with real packets on real sockets and disks."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import pytest

from connectors.recorded import examine
from pipelines.recorder.library import digest
from pipelines.recorder.naming import read_name
from tests.recorder.conftest import Station
from tests.recorder.films import Feed, film


def pictures(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_a_live_stream_is_cut_at_key_frames_into_files_that_each_play_alone(
    tmp_path: Path, stations: list[Station], feeds: list[Feed]
) -> None:
    feeds.append(Feed([film(seconds=4)], seconds=4))
    stations.append(Station(tmp_path, feeds[0].address))
    stations[0].wait(lambda: len(stations[0].made) >= 4)
    made = stations[0].made[:4]
    assert [row.ended for row in made] == ["length", "length", "length", "lost"]
    for row in made:
        path = tmp_path / row.file
        found = examine(path)
        assert found.packets[0][2]  # a key frame first
        assert pictures(path) == row.frames == len(found.packets)
        assert (row.size_bytes, row.blake2b) == digest(path)
        assert (row.codec, row.width_px, row.height_px, row.damaged) == ("h264", 160, 120, 0)
        named = read_name(path.name)
        assert named is not None and (named.camera, named.start_us) == ("c1", row.start_us)
    assert sum(row.frames for row in made) == 40
    assert [row.gap_us for row in made] == [0, 0, 0, 0]


def test_the_packets_in_the_files_are_the_packets_of_the_camera_bit_for_bit(
    tmp_path: Path, stations: list[Station], feeds: list[Feed]
) -> None:
    body = film(seconds=3)
    feeds.append(Feed([body], seconds=3))
    stations.append(Station(tmp_path, feeds[0].address))
    stations[0].wait(lambda: len(stations[0].made) >= 3)
    recorded = [packet for row in stations[0].made[:3] for packet in packets(tmp_path / row.file)]
    sent = tmp_path / "sent.ts"
    sent.write_bytes(body)
    assert recorded == packets(sent)


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_a_lost_camera_is_dialled_again_and_the_gap_is_told(tmp_path: Path, stations: list[Station], feeds: list[Feed]) -> None:
    feeds.append(Feed([film(seconds=1)], seconds=1))
    stations.append(Station(tmp_path, feeds[0].address, segment_us=30_000_000))
    stations[0].wait(lambda: len(stations[0].made) >= 2)
    first, second = stations[0].made[:2]
    assert first.ended == "lost"
    assert second.gap_us == second.start_us - first.end_us > 0


def test_a_stream_with_b_frames_keeps_the_order_of_its_pictures(tmp_path: Path, stations: list[Station], feeds: list[Feed]) -> None:
    feeds.append(Feed([film(seconds=3, bframes=2)], seconds=3))
    stations.append(Station(tmp_path, feeds[0].address))
    stations[0].wait(lambda: len(stations[0].made) >= 3)
    assert sum(pictures(tmp_path / row.file) for row in stations[0].made[:3]) == 30
    assert [row.damaged for row in stations[0].made[:3]] == [0, 0, 0]


def test_h265_is_recorded_as_h264_is(tmp_path: Path, stations: list[Station], feeds: list[Feed]) -> None:
    feeds.append(Feed([film(seconds=3, codec="libx265")], seconds=3))
    stations.append(Station(tmp_path, feeds[0].address))
    stations[0].wait(lambda: len(stations[0].made) >= 3)
    made = stations[0].made[:3]
    assert {row.codec for row in made} == {"hevc"}
    assert sum(pictures(tmp_path / row.file) for row in made) == 30


def test_a_stream_that_changes_its_size_begins_a_new_file(tmp_path: Path, stations: list[Station], feeds: list[Feed]) -> None:
    small, large = film(seconds=2), film(seconds=2, size=(320, 240))
    feeds.append(Feed([joined(small, large, tmp_path)], seconds=4))
    stations.append(Station(tmp_path / "r", feeds[0].address, segment_us=30_000_000))
    stations[0].wait(lambda: len(stations[0].made) >= 2)
    first, second = stations[0].made[:2]
    assert (first.ended, first.width_px, first.height_px) == ("size", 160, 120)
    assert (second.width_px, second.height_px) == (320, 240)
    assert (first.frames, second.frames, second.gap_us) == (20, 20, 0)


def joined(one: bytes, two: bytes, folder: Path) -> bytes:
    """Two films as one stream whose time goes on, as a camera sends them that is set to another size."""
    target = folder / "joined.ts"
    with av.open(str(target), mode="w", format="mpegts") as out:
        stream, offset = None, 0
        for number, body in enumerate((one, two)):
            path = folder / f"{number}.ts"
            path.write_bytes(body)
            with av.open(str(path)) as source:
                stream = stream or out.add_stream_from_template(source.streams.video[0])
                last = 0
                for packet in source.demux(video=0):
                    if packet.size:
                        last = packet.dts + 9000
                        packet.dts, packet.pts, packet.stream = packet.dts + offset, packet.pts + offset, stream
                        out.mux(packet)
                offset = last
    return target.read_bytes()


def test_damaged_packets_are_counted_and_the_rest_is_kept(tmp_path: Path, stations: list[Station], feeds: list[Feed]) -> None:
    body = bytearray(film(seconds=3, size=(320, 240)))
    for at in range(len(body) // 3, len(body) // 3 + 188 * 6):
        body[at] ^= 0x5A
    feeds.append(Feed([bytes(body), film(seconds=1)], seconds=3))
    stations.append(Station(tmp_path, feeds[0].address, segment_us=30_000_000))
    stations[0].wait(lambda: len(stations[0].made) >= 2)
    made = [row for row in stations[0].made if row.frames > 10]
    assert sum(row.frames for row in stations[0].made) >= 25
    assert all(pictures(tmp_path / row.file) > 0 for row in made)


def test_noise_instead_of_video_is_no_end(
    tmp_path: Path, stations: list[Station], feeds: list[Feed], capfd: pytest.CaptureFixture[str]
) -> None:
    feeds.append(Feed([bytes(range(256)) * 400, b"", film(seconds=1)], seconds=0.5))
    stations.append(Station(tmp_path, feeds[0].address))
    stations[0].wait(lambda: len(stations[0].made) >= 1)
    assert "recorder c1: video tcp://127.0.0.1" in capfd.readouterr().out


def test_a_file_is_played_in_a_loop_at_its_own_speed(tmp_path: Path, stations: list[Station]) -> None:
    film(tmp_path / "film.mp4", seconds=1.5, kind="mp4")
    stations.append(Station(tmp_path / "r", str(tmp_path / "film.mp4")))
    stations[0].wait(lambda: len(stations[0].made) >= 4)
    made = stations[0].made[:4]
    assert [row.ended for row in made] == ["length", "end", "length", "end"]
    assert [row.frames for row in made] == [10, 5, 10, 5]
    assert all(two.start_us >= one.end_us for one, two in pairwise(made))


@pytest.mark.parametrize(("codec", "name"), [("mpeg4", "mpeg4"), ("msmpeg4v2", "msmpeg4v2")])
def test_another_codec_is_refused_with_a_sentence(tmp_path: Path, stations: list[Station], codec: str, name: str) -> None:
    film(tmp_path / "film.avi", seconds=1, codec=codec, kind="avi")
    stations.append(Station(tmp_path / "r", str(tmp_path / "film.avi")))
    stations[0].wait(lambda: stations[0].recorder._said != "")
    assert f"its codec is {name}; H.264 and H.265 are recorded" in stations[0].recorder._said
    assert stations[0].made == []


@pytest.mark.parametrize("body", [b"", b"not a film\n" * 40])
def test_a_file_that_is_no_film_is_said_to_be_none(tmp_path: Path, stations: list[Station], body: bytes) -> None:
    (tmp_path / "film.mp4").write_bytes(body)
    stations.append(Station(tmp_path / "r", str(tmp_path / "film.mp4")))
    stations[0].wait(lambda: stations[0].recorder._said != "")
    assert "film.mp4: cannot be opened: Invalid data" in stations[0].recorder._said


def test_one_cameras_fault_does_not_touch_another(tmp_path: Path, stations: list[Station], feeds: list[Feed]) -> None:
    feeds.extend([Feed([film(seconds=3)], seconds=3), Feed([b"\x47" * 188 * 500, b""], seconds=0.2)])
    stations.extend([Station(tmp_path, feeds[0].address), Station(tmp_path, feeds[1].address, camera="c2")])
    stations[0].wait(lambda: len(stations[0].made) >= 3)
    assert [row.gap_us for row in stations[0].made[:3]] == [0, 0, 0]
    assert stations[1].made == []


def test_recording_stops_where_there_is_no_room_and_goes_on_when_there_is(
    tmp_path: Path, stations: list[Station], feeds: list[Feed]
) -> None:
    room = [True]
    feeds.append(Feed([film(seconds=20)], seconds=20))
    stations.append(Station(tmp_path, feeds[0].address, room=lambda: room[0], segment_us=30_000_000))
    stations[0].wait(lambda: stations[0].recorder.taken > 12)
    room[0] = False
    stations[0].wait(lambda: len(stations[0].made) == 1)
    assert stations[0].made[0].ended == "disk"
    taken = stations[0].recorder.taken
    room[0] = True
    stations[0].wait(lambda: stations[0].recorder.taken > taken)


def test_a_password_in_an_address_is_never_said(tmp_path: Path, stations: list[Station]) -> None:
    stations.append(Station(tmp_path, "rtsp://guard:hunter2@127.0.0.1:9/stream"))
    stations[0].wait(lambda: stations[0].recorder._said != "")
    assert "hunter2" not in stations[0].recorder._said
    assert "rtsp://127.0.0.1:9/stream" in stations[0].recorder._said
