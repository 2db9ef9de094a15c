"""DuckDB with the grid's rows in a table of its own, on two threads.

A line `load FILE` takes a day's columns in; `ask FIRST END STEPS` answers the heatmap's question: milliseconds, and the cells.
"""

import json
import sys
import time

import duckdb
import numpy as np

QUESTION = """
SELECT x_m, y_m, sum(density_centi) / 100.0 / {steps} AS mean, max(density_centi) / 100.0 AS most
FROM grid WHERE at_s >= {first} AND at_s < {end} GROUP BY x_m, y_m ORDER BY x_m, y_m
"""

base = duckdb.connect(sys.argv[1], config={"threads": 2})
base.execute(
    "CREATE TABLE grid (at_s UINTEGER, camera UTINYINT, x_m SMALLINT, y_m SMALLINT, density_centi USMALLINT,"
    " vx_cmps SMALLINT, vy_cmps SMALLINT, pressure_milli USMALLINT)"
)
for line in sys.stdin:
    word, *given = line.split()
    if word == "load":
        with np.load(given[0]) as kept:
            day = {"at_s" if name == "at" else name: kept[name] for name in kept.files}  # AT is a word of its grammar
        base.execute("INSERT INTO grid SELECT at_s, camera, x_m, y_m, density_centi, vx_cmps, vy_cmps, pressure_milli FROM day")
        print(json.dumps({"rows": base.execute("SELECT count(*) FROM grid").fetchone()[0]}), flush=True)
    else:
        question = QUESTION.format(first=int(given[0]), end=int(given[1]), steps=int(given[2]))
        begun = time.perf_counter()
        cells = base.execute(question).fetchall()
        took_ms = (time.perf_counter() - begun) * 1000
        print(json.dumps({"ms": took_ms, "cells": cells}), flush=True)
