"""A vantage point: a small process at a site that probes by a signed list, keeps signed results, and hands them out.

``sealing`` and ``wire`` are spoken by both sides; ``limits``, ``lists``, ``spool``, ``site``, ``web`` and ``folder``
run at the site; ``client`` runs at the scanner. ``docs/vantage.md`` tells what protects what.
"""
