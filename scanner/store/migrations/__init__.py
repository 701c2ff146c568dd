"""How an older record becomes a current one. Alembic without an ini file; slow to import, so import it late."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from scanner.store.database import Database, stored_revision
from scanner.store.records import StoreError
from scanner.store.schema import REVISIONS


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return made


def upgrade(url: str, revision: str = "head") -> str:
    """Bring the record to ``revision`` in one transaction; what it had before ("" new) comes back.

    Raises :class:`StoreError`, also for a record of a newer version or another program.
    """
    database = Database(url)
    made = config()
    try:
        with database.writing() as connection:
            before = stored_revision(connection)
            if before is not None and before not in REVISIONS:
                raise StoreError(f"{database.place} was written by a newer estatecheck (record version {before})")
            made.attributes["connection"] = connection
            command.upgrade(made, revision)
    finally:
        database.close()
    return before or ""
