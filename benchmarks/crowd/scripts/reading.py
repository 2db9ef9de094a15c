"""What all peer programs share: reading the frames, and writing the answers. Knows nothing of this project but the format."""

from __future__ import annotations

import io
import json
import struct
import sys
from math import isqrt
from pathlib import Path

import fastavro
import numpy as np

PERSON = np.dtype([("x", "<u2"), ("y", "<u2"), ("vx", "<i2"), ("vy", "<i2"), ("track", "<u4"), ("class", "u1"), ("score", "u1")])


class Frames:
    """A workload folder: the records of `frames.bin`, and what `about.json` says of them."""

    def __init__(self, folder):
        self.about = json.loads((Path(folder) / "about.json").read_text())
        self.path = Path(folder) / "frames.bin"
        self.decode = Decode(self.about)

    def raw(self):
        """Every record, as bytes."""
        with self.path.open("rb") as opened:
            while head := opened.read(4):
                yield opened.read(struct.unpack("<I", head)[0])


class Decode:
    """A record into rows (zone, event_us, n, n_v, sum_vx, sum_vy, sum_v) of those who stand in the camera's zone.

    Pickles as the plain dict it is made of, so that it travels to workers.
    """

    def __init__(self, about):
        self.about = about
        self.schema = None

    def __getstate__(self):
        return self.about

    def __setstate__(self, about):
        self.about, self.schema = about, None

    def frame(self, raw):
        """The record as a dict: 5 bytes of header, then Avro."""
        if self.schema is None:
            self.schema = fastavro.parse_schema(dict(self.about["schema"]))
            self.zones = {zone["camera"]: (zone["zone"], *zone["rectangle_cm"]) for zone in self.about["zones"]}
            self.none = self.about["no_velocity"]
        return fastavro.schemaless_reader(io.BytesIO(raw[5:]), self.schema, None)

    def persons(self, raw):
        """One row a person."""
        frame = self.frame(raw)
        zone, x0, y0, x1, y1 = self.zones[frame["camera"]]
        left, low, right, high = x0 - frame["tile_x_cm"], y0 - frame["tile_y_cm"], x1 - frame["tile_x_cm"], y1 - frame["tile_y_cm"]
        event_us, none = frame["event_time_us"], self.none
        rows = []
        for x, y, vx, vy, _, _, _ in np.frombuffer(frame["positions"], dtype=PERSON).tolist():
            if left <= x < right and low <= y < high:
                if vx == none:
                    rows.append((zone, event_us, 1, 0, 0, 0, 0))
                else:
                    rows.append((zone, event_us, 1, 1, vx, vy, isqrt(vx * vx + vy * vy)))
        return rows

    def frames(self, raw):
        """One row a frame: summed in numpy before the framework sees it."""
        frame = self.frame(raw)
        zone, x0, y0, x1, y1 = self.zones[frame["camera"]]
        people = np.frombuffer(frame["positions"], dtype=PERSON)
        x, y = people["x"].astype(np.int64) + frame["tile_x_cm"], people["y"].astype(np.int64) + frame["tile_y_cm"]
        held = people[(x >= x0) & (x < x1) & (y >= y0) & (y < y1)]
        moving = held[held["vx"] != self.none]
        vx, vy = moving["vx"].astype(np.int64), moving["vy"].astype(np.int64)
        speed = np.floor(np.sqrt(vx * vx + vy * vy)).astype(np.int64)
        sums = (len(held), len(moving), int(vx.sum()), int(vy.sum()), int(speed.sum()))
        return [(zone, frame["event_time_us"], *sums)]


class Answers:
    """Writes a line for each whole window."""

    def __init__(self, about, out):
        self.about = about
        self.opened = Path(out).open("w")
        self.areas = {zone["zone"]: zone["area_cm2"] for zone in about["zones"]}
        self.first = about["start_us"] + about["window_us"]
        self.last = about["start_us"] + about["seconds"] * 1_000_000
        self.frames = about["fps"] * about["window_us"] // 1_000_000

    def add(self, zone, end_us, n, n_v, sum_vx, sum_vy, sum_v):
        if not self.first <= end_us <= self.last:
            return
        people = n * 1_000_000 // self.frames / 1e6
        density = people / (self.areas[zone] / 1e4)
        speed = sum_v / 1e2 / n_v if n_v else None
        row = {
            "zone": zone,
            "window_end_us": end_us,
            "people": people,
            "density_per_m2": density,
            "speed_mps": speed,
            "vx_mps": sum_vx / 1e2 / n_v if n_v else None,
            "vy_mps": sum_vy / 1e2 / n_v if n_v else None,
            "specific_flow_per_m_s": None if speed is None else density * speed,
        }
        self.opened.write(json.dumps(row) + "\n")

    def close(self):
        self.opened.close()


def arguments():
    """Folder of the workload, file for the answers, and `person` or `frame`: what a row is."""
    folder, out, per = sys.argv[1:4]
    return Frames(folder), out, per
