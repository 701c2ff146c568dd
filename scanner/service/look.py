"""One look at what is watched. Transports only look and ``checks.call_quality`` only reckons: here they meet."""

from dataclasses import replace

from checks.call_quality import G711_CONCEALED, Estimate, estimate
from inventory.facts.availability import Sample, State
from inventory.watch import Call, Watch
from scanner.transports.endpoints import probe
from scanner.transports.endpoints.around import Around


async def look(watch: Watch, around: Around) -> Sample:
    """Probe once, within the watch's time limit. Never raises but for cancellation."""
    return judged(watch, await probe(watch, around))


def judged(watch: Watch, sample: Sample) -> Sample:
    """The sample with R and MOS in its notes, labelled as an estimate; DEGRADED when that is below ``min_mos``.

    Every other kind, and a call of which nothing came back, is returned as it is.
    """
    if watch.kind != "call" or sample.state is not State.UP:
        return sample
    least = watch.ask.min_mos if isinstance(watch.ask, Call) else None
    guess = _estimate(sample)
    if guess is None:
        told = "too few packets came back to judge a call"
        return sample if least is None else replace(sample, state=State.DEGRADED, reason=told)
    notes = {
        **sample.notes,
        "r_factor": f"{guess.r:.1f}",
        "mos": f"{guess.mos:.2f}",
        "mos_is": f"{guess.label} by ITU-T G.107, {G711_CONCEALED.name}: {guess.words}",
    }
    if least is None or guess.mos >= least:
        return replace(sample, notes=notes)
    reason = f"calls would have a MOS of about {guess.mos:.2f} ({guess.label}); less than {least:g} is too poor"
    return replace(sample, notes=notes, state=State.DEGRADED, reason=reason)


def _estimate(sample: Sample) -> Estimate | None:
    """None with a single packet: jitter needs two."""
    numbers = {name: sample.notes.get(name) for name in ("packets", "lost", "round_trip_ms", "jitter_ms")}
    if None in numbers.values():
        return None
    packets, lost, trip, jitter = (float(told or 0) for told in numbers.values())
    return estimate(trip, jitter, 100 * lost / packets, G711_CONCEALED)
