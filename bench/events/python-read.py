"""Reads event files with expelliarmus; prints seconds of each repetition by file as JSON."""

import json
import sys
import time

from expelliarmus import Wizard

subjects = json.load(sys.stdin)
runs = {}
for subject in subjects:
    if subject["peer"] is None:
        continue
    seconds = []
    for _ in range(subject["repeats"]):
        wizard = Wizard(encoding=subject["peer"])
        start = time.perf_counter()
        events = wizard.read(subject["path"])
        seconds.append(time.perf_counter() - start)
    runs[subject["path"]] = {"seconds": seconds, "events": int(len(events))}
print(json.dumps(runs))
