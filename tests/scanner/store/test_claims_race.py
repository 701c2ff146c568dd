"""Many processes want to run what is due: each due time is run by one, on both databases."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from scanner.store.store import Store

PROCESSES, DUE_TIMES = 4, 25
CLAIMER = """
import json, sys, time
from scanner.store.store import open_store
url, who, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open_store(url) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    won = [due for due in range(count) if store.series.claim("weekly", float(due), who, time.time(), 60.0)]
    words = [number for number in (word.id for word in store.series.said()) if store.series.handle(number, time.time())]
    notices = [notice.id for notice in store.series.notices(time.time(), 60.0)]
print(json.dumps([won, words, notices]))
"""


def test_every_due_time_word_and_notice_has_one_taker(store: Store) -> None:
    number = store.series.say("run", "weekly", "test", 1.0)
    claimers = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMER, store.url, f"daemon {n}", str(DUE_TIMES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        for n in range(PROCESSES)
    ]
    try:
        for claimer in claimers:
            assert claimer.stdout
            assert claimer.stdout.readline() == "ready\n"
        for claimer in claimers:
            assert claimer.stdin
            claimer.stdin.write("go\n")
            claimer.stdin.flush()
        told = [json.loads(claimer.communicate(timeout=60)[0]) for claimer in claimers]
    finally:
        for claimer in claimers:
            claimer.kill()
            claimer.communicate()
    won = Counter(due for dues, _, _ in told for due in dues)
    assert won == Counter(range(DUE_TIMES))
    assert [word for _, words, _ in told for word in words] == [number]
    owners = {run.due_at: run.claimed_by for run in store.series.job_runs("weekly", 100)}
    for n, (dues, _, _) in enumerate(told):
        assert {owners[due] for due in dues} <= {f"daemon {n}"}
    assert all(notices == [] for _, _, notices in told)
