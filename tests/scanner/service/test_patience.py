"""What one host may cost: a step is ended, the next begins, and nothing is left behind."""

import signal
import threading
import time

import pytest

from scanner.service.patience import Patience, TookTooLong


def spin(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_a_step_is_ended_and_the_next_begins() -> None:
    before, patience, ended = signal.getsignal(signal.SIGPROF), Patience(0.1, 0.05), 0
    with patience.for_host():
        for _ in range(3):
            try:
                with patience:
                    spin(30)
            except TookTooLong:
                ended += 1
        spin(0.2)  # between steps nothing is ended
    spin(0.2)
    assert ended == 3
    assert signal.getsignal(signal.SIGPROF) == before
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_ordinary_steps_are_left_alone() -> None:
    patience = Patience(5.0, 1.0)
    with patience.for_host(), patience:
        spin(0.05)


def test_in_another_thread_there_is_no_limit() -> None:
    faults: list[BaseException] = []

    def work() -> None:
        patience = Patience(0.01, 0.01)
        try:
            with patience.for_host(), patience:
                spin(0.1)
        except TookTooLong as fault:
            faults.append(fault)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not faults


def test_a_fault_inside_passes_through() -> None:
    patience = Patience()
    with pytest.raises(KeyError), patience.for_host(), patience:
        raise KeyError
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
