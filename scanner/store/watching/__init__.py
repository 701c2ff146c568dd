"""The parts behind ``scanner.store.series``: the journal of samples, the changes of state, seals, registers, queues."""
