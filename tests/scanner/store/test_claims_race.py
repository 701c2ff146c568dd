"""Many processes want to run what is due: each due time is run by one, on both databases."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from scanner.store.store import Store

PROCESSES, DUE_TIMES = 4, 25
# One process imports; the others are forked of it before there is a connection, so that all begin at once.
CLAIMERS = """
import json, os, sys, time
from scanner.store.store import open_store
url, processes, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
(waiting, go), (told, ready) = os.pipe(), os.pipe()
for n in range(processes):
    if not os.fork():
        os.close(go)
        with open_store(url) as store:
            os.write(ready, b"r")
            os.read(waiting, 1)  # until the last who could write has closed it
            won = [due for due in range(count) if store.series.claim("weekly", due, f"daemon {n}", time.time(), 60.0)]
            said = [word.id for word in store.series.said()]
            words = [number for number in said if store.series.handle(number, time.time())]
            notices = [notice.id for notice in store.series.notices(time.time(), 60.0)]
        print(json.dumps([n, won, words, notices]), flush=True)
        os._exit(0)
for _ in range(processes):
    os.read(told, 1)
os.close(go)
sys.exit(max(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(processes)))
"""


def test_every_due_time_word_and_notice_has_one_taker(store: Store) -> None:
    number = store.series.say("run", "weekly", "test", 1.0)
    words = [sys.executable, "-c", CLAIMERS, store.url, str(PROCESSES), str(DUE_TIMES)]
    claimers = subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3], start_new_session=True
    )
    try:
        said, _ = claimers.communicate(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(claimers.pid, signal.SIGKILL)
        claimers.wait()
    assert claimers.returncode == 0
    told = [each for _, *each in sorted(json.loads(line) for line in said.splitlines())]
    assert len(told) == PROCESSES
    won = Counter(due for dues, _, _ in told for due in dues)
    assert won == Counter(range(DUE_TIMES))
    assert [word for _, words, _ in told for word in words] == [number]
    owners = {run.due_at: run.claimed_by for run in store.series.job_runs("weekly", 100)}
    for n, (dues, _, _) in enumerate(told):
        assert {owners[due] for due in dues} <= {f"daemon {n}"}
    assert all(notices == [] for _, _, notices in told)
