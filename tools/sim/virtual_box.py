"""The virtual box: micropython virtual_box.py JOB.json, started by the host's `box` command.

A job names the mode ("scenario": as fast as it goes; "run": paced, against a real broker), the
rows to play, the seed, the end and where the signals go.
"""

import gc
import json
import sys

import board
from bench import Bench


def main(path):
    with open(path) as file:
        job = json.load(file)
    bench = Bench(board, job.get("config", {}), job.get("seed", 1), job["out"])
    if job["mode"] == "run":
        from live import Live

        Live(bench, job).run()
    else:
        bench.values["broker_host"] = "localhost"
        bench.run(job["rows"], job["until_ms"])
        if job.get("blackbox"):
            bench.dump(job["blackbox"])
    gc.collect()


main(sys.argv[1])
