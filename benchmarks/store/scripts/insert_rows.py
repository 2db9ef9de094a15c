"""clickhouse-connect as its documentation shows it: rows as a list of tuples, handed to `insert`.

For each line on standard input, one round: everything in blocks; the answer is the processor time of this process for it.
"""

import json
import sys
import time

import clickhouse_connect
import numpy as np

port, table, file, block_rows = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
with np.load(file) as kept:
    names = list(kept.files)
    rows = list(zip(*(kept[name].tolist() for name in names)))
client = clickhouse_connect.get_client(host="127.0.0.1", port=port, compress=False)
for _ in sys.stdin:
    before, begun = time.process_time(), time.monotonic()
    for first in range(0, len(rows), block_rows):
        client.insert(table, rows[first : first + block_rows], column_names=names)
    print(json.dumps({"cpu_s": time.process_time() - before, "wall_s": time.monotonic() - begun}), flush=True)
