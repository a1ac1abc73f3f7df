"""Drivers' exceptions become domain errors here, and nowhere else."""

from collections.abc import Generator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionToSpare

from adapters.sql.dialect import is_duplicate, is_orphan, is_passing
from domain.errors import AccountNotFound, AlreadyExists, StorageError, StorageUnavailable
from domain.ids import UserId

_log = structlog.stdlib.get_logger(__name__)


@contextmanager
def translated(
    operation: str, *, owner: UserId | None = None, reaching: bool = False
) -> Generator[None]:
    """Turn what SQLAlchemy and drivers raise inside the block into errors of the domain.

    Args:
        operation: what was being done, for the log and `StorageError.operation`.
        owner: whose row is written; the only foreign keys we write name an account.
        reaching: a connection is being made, so that any failure means it cannot be had.

    Raises:
        AlreadyExists: a key or a unique value is taken.
        AccountNotFound: the owner has no account.
        StorageUnavailable: the database is away, busy, or out of connections.
        StorageError: anything else.
    """
    try:
        yield
    except (NoConnectionToSpare, TimeoutError, OSError) as error:
        _report(operation, error)
        raise StorageUnavailable(operation) from error
    except DBAPIError as error:
        if is_duplicate(error):
            raise AlreadyExists("This already exists") from error
        if is_orphan(error):
            raise AccountNotFound(owner) from error
        _report(operation, error)
        if reaching or is_passing(error):
            raise StorageUnavailable(operation) from error
        raise StorageError(operation) from error
    except SQLAlchemyError as error:
        _report(operation, error)
        raise StorageError(operation) from error


def _report(operation: str, error: Exception) -> None:
    # The driver's own words only: SQLAlchemy's text would add the parameters, which are what
    # the user wrote.
    cause = error.orig if isinstance(error, DBAPIError) else error
    _log.warning(
        "storage_failed", operation=operation, kind=type(cause).__name__, code=_code(cause)
    )


def _code(cause: BaseException | None) -> str | None:
    name = getattr(cause, "sqlite_errorname", None)
    if name is not None:
        return str(name)
    first = cause.args[0] if cause is not None and cause.args else None
    return str(first) if isinstance(first, int) else None
