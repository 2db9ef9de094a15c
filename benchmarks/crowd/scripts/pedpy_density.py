"""PedPy: classic density of each frame and zone; a window's value is the mean of its frames. It measures density alone."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pedpy
from reading import PERSON, arguments


def table(frames):
    """Rows id, frame, x, y (m) of each camera, half a centimetre up: whole centimetres then never lie on a zone's edge."""
    numbers, made = {}, {}
    for raw in frames.raw():
        frame = frames.decode.frame(raw)
        people = np.frombuffer(frame["positions"], dtype=PERSON)
        number = numbers[frame["camera"]] = numbers.get(frame["camera"], -1) + 1
        x = (people["x"].astype(np.int64) + frame["tile_x_cm"]) / 100 + 0.005
        y = (people["y"].astype(np.int64) + frame["tile_y_cm"]) / 100 + 0.005
        made.setdefault(frame["camera"], []).append((people["track"].astype(np.int64), np.full(len(people), number), x, y))
    for camera, rows in made.items():
        ids, index, x, y = (np.concatenate(column) for column in zip(*rows))
        yield camera, pd.DataFrame({"id": ids, "frame": index, "x": x, "y": y})


def main():
    frames, out, _ = arguments()
    about = frames.about
    zones = {zone["camera"]: zone for zone in about["zones"]}
    size, step = about["fps"] * about["window_us"] // 1_000_000, about["fps"] * about["slide_us"] // 1_000_000
    with open(out, "w") as opened:
        for camera, rows in table(frames):
            zone = zones[camera]
            x0, y0, x1, y1 = (edge / 100 for edge in zone["rectangle_cm"])
            area = pedpy.MeasurementArea([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
            trajectories = pedpy.TrajectoryData(rows, frame_rate=about["fps"])
            density = pedpy.compute_classic_density(traj_data=trajectories, measurement_area=area)["density"].to_numpy()
            for number, end in enumerate(range(size, len(density) + 1, step)):
                mean = density[end - size : end].mean()
                row = {
                    "zone": zone["zone"],
                    "window_end_us": about["start_us"] + about["window_us"] + number * about["slide_us"],
                    "people": mean * zone["area_cm2"] / 1e4,
                    "density_per_m2": mean,
                }
                opened.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
