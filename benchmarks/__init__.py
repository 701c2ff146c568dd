"""Programs behind docs/performance.md. Run them all with ``benchmarks/run``."""
