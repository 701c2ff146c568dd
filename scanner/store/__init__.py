"""The record on disk: schema, migrations, content-addressed evidence, and the append-only ledger of events."""
