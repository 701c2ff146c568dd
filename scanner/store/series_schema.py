"""The tables of the series: what was watched, what came of it, and who tells it. They belong to the record's metadata.

Instants are whole milliseconds since 1970 (UTC). What must never change (definitions, changes of state, seals, the
register of maintenance) is guarded by triggers, as events are.
"""

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import event as on

from inventory.facts.availability import State
from scanner.store.schema import metadata, one_of
from scanner.store.watching.records import JobState

watch = Table(
    "watch",  # one series: a watch as seen from one place
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("vantage", Text, nullable=False),  # "" the scanner itself
    UniqueConstraint("name", "vantage"),
)

watch_version = Table(
    "watch_version",  # what was watched under that name, from when on
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("watch_id", ForeignKey("watch.id"), nullable=False, index=True),
    Column("definition_id", ForeignKey("snapshot.id")),  # None: no longer watched
    Column("at", BigInteger, nullable=False),
)

prober_run = Table(
    "prober_run",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("started", BigInteger, nullable=False),
    Column("alive_until", BigInteger, nullable=False),  # moved by every flush
    Column("ended", BigInteger),
    Column("tool_version", String(64), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_start", String(32), nullable=False),
    Column("machine", String(255), nullable=False),
    Column("place", String(400), nullable=False),
)

sample_batch = Table(
    "sample_batch",  # the journal: one row a flush, until its hour is sealed
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # never used again: seals know the last one
    Column("run_id", ForeignKey("prober_run.id"), nullable=False),
    Column("number", Integer, nullable=False),  # in its run
    Column("at", BigInteger, nullable=False, index=True),
    Column("pending", Text, nullable=False),  # JSON: [[watch, since]]: states in doubt at its end
    Column("data", LargeBinary, nullable=False),
    UniqueConstraint("run_id", "number"),
)

sample_hour = Table(
    "sample_hour",  # the samples of a sealed hour, by series
    metadata,
    Column("hour", BigInteger, nullable=False),  # POSIX seconds
    Column("first_watch", Integer, nullable=False),  # of the series in it
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("hour", "first_watch"),
)

fleet_state = Table(
    "fleet_state",  # where replaying the journal begins: after this batch. Only the newest is kept
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("rules_id", ForeignKey("snapshot.id"), nullable=False),
    Column("data", LargeBinary, nullable=False),
)

state_change = Table(
    "state_change",  # from ``start`` on; takes the place of whatever was said of that time before
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("watch_id", ForeignKey("watch.id"), nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("after", BigInteger),
    Column("batch", Integer, nullable=False, index=True),  # learned with this one; outlives it
    Column("learned_at", BigInteger, nullable=False),
    Column("evidence", LargeBinary),  # JSON, zstd
    one_of("state", State),
    Index(None, "watch_id", "id"),
)

watch_now = Table(
    "watch_now",  # derived: the newest change of each series
    metadata,
    Column("watch_id", ForeignKey("watch.id"), primary_key=True),
    Column("change_id", ForeignKey("state_change.id"), nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
)

outage = Table(
    "outage",
    metadata,
    Column("key", Text, primary_key=True),
    Column("watch_id", ForeignKey("watch.id"), nullable=False, index=True),
    Column("start", BigInteger, nullable=False, index=True),
    Column("after", BigInteger),
    Column("reason", Text, nullable=False),
    Column("confirmed_at", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("last_failed", BigInteger),
    Column("children", Text, nullable=False),  # JSON
    Column("absorbed_into", Text, nullable=False),
)

series_day = Table(
    "series_day",  # 24 hours: time in each state, and what the samples recorded in them say
    metadata,
    Column("day", Integer, nullable=False),  # since 1970
    Column("watch_id", ForeignKey("watch.id"), nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("watch_id", "day"),
    sqlite_with_rowid=False,
)

hour_seal = Table(
    "hour_seal",
    metadata,
    Column("hour", BigInteger, primary_key=True, autoincrement=False),  # POSIX seconds
    Column("sealed_at", BigInteger, nullable=False),
    Column("last_batch", Integer, nullable=False),
    Column("statement", Text, nullable=False),  # canonical JSON: what is signed
    Column("hash", String(64), nullable=False, unique=True),
    Column("key_id", String(64), nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

seal_leaves = Table(
    "seal_leaves",
    metadata,
    Column("hour", ForeignKey("hour_seal.hour"), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

maintenance = Table(
    "maintenance",  # the register: every version of every declaration, when it was first seen
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, index=True),
    Column("content_id", ForeignKey("snapshot.id")),  # None: withdrawn
    Column("registered_at", BigInteger, nullable=False),
)

notification = Table(
    "notification",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, index=True),  # None: sent, or given up
    Column("sent_at", BigInteger),
    Column("error", Text, nullable=False),
    sqlite_autoincrement=True,
)

schedule_run = Table(
    "schedule_run",
    metadata,
    Column("schedule_id", Text, primary_key=True),
    Column("due_at", BigInteger, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("claimed_by", Text, nullable=False),
    Column("lease_until", BigInteger),
    Column("started", BigInteger),
    Column("ended", BigInteger),
    Column("scan_id", Integer),
    Column("note", Text, nullable=False),
    one_of("state", JobState),
)

control = Table(
    "control",  # words to the daemon
    metadata,
    Column("id", Integer, primary_key=True),
    Column("what", String(16), nullable=False),
    Column("argument", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("handled_at", BigInteger),
    sqlite_autoincrement=True,
)

TABLES = (
    watch,
    watch_version,
    prober_run,
    sample_batch,
    sample_hour,
    fleet_state,
    state_change,
    watch_now,
    outage,
    series_day,
    hour_seal,
    seal_leaves,
    maintenance,
    notification,
    schedule_run,
    control,
)
FINAL = (watch_version, state_change, hour_seal, maintenance)  # never changed, never deleted


def guards(name: str, dialect: str) -> tuple[str, ...]:
    """The statements that make a table append-only. On PostgreSQL ``SERIES_IS_FINAL`` has to be there."""
    if dialect == "postgresql":
        return (
            f"CREATE TRIGGER {name}_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION series_is_final()",
        )
    return tuple(
        f"CREATE TRIGGER {name}_no_{word.lower()} BEFORE {word} ON {name} "
        f"BEGIN SELECT RAISE(ABORT, 'rows of {name} are never changed or deleted'); END"
        for word in ("UPDATE", "DELETE")
    )


SERIES_IS_FINAL = (
    "CREATE FUNCTION series_is_final() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION USING MESSAGE = 'rows of ' || TG_TABLE_NAME || ' are never changed or deleted'; END $$"
)
on.listen(metadata, "before_create", DDL(SERIES_IS_FINAL).execute_if(dialect="postgresql"))  # type: ignore[no-untyped-call]  # SQLAlchemy's DDL has no types
for _table in FINAL:
    for _dialect in ("sqlite", "postgresql"):
        for _guard in guards(_table.name, _dialect):
            on.listen(_table, "after_create", DDL(_guard).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]  # the same
