"""Drivers' exceptions become domain errors here, and nowhere else."""

from collections.abc import Generator
from contextlib import contextmanager
from enum import Enum

import structlog
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionToSpare

from adapters.sql.dialect import (
    is_conflict,
    is_duplicate,
    is_lost,
    is_orphan,
    is_passing,
    what_blocks,
    why_refused,
)
from domain.errors import AccountNotFound, AlreadyExists
from domain.ids import UserId
from domain.storage_errors import (
    OutcomeUnknown,
    StorageError,
    StorageRefused,
    StorageUnavailable,
    TransactionLost,
)

_log = structlog.stdlib.get_logger(__name__)


class Stage(Enum):
    """How far a transaction has come: what a failure means depends on it."""

    REACHING = "a connection is being made, so that most failures mean it cannot be had"
    OPEN = "nothing is stored before the commit"
    COMMITTING = "whether it was stored, only an answer tells"


@contextmanager
def translated(
    operation: str, *, owner: UserId | None = None, stage: Stage = Stage.OPEN
) -> Generator[None]:
    """Turn what SQLAlchemy and drivers raise inside the block into errors of the domain.

    Args:
        operation: what was being done, for the log and `StorageError.operation`.
        owner: whose row is written; the only foreign keys we write name an account.
        stage: how far the transaction has come.

    Raises:
        AlreadyExists: a key or a unique value is taken.
        AccountNotFound: the owner has no account.
        TransactionLost: the transaction was undone, or its connection broke.
        OutcomeUnknown: the connection broke while it committed.
        StorageUnavailable: the database is away, busy, or out of connections.
        StorageRefused: somebody has to mend it first; says what.
        StorageError: anything else.
    """
    try:
        yield
    except NoConnectionToSpare as error:
        _report(operation, error)
        raise StorageUnavailable(operation) from error
    except (TimeoutError, OSError) as error:
        _report(operation, error)
        raise _broken(operation, stage) from error
    except DBAPIError as error:
        if is_duplicate(error):
            raise AlreadyExists("This already exists") from error
        if is_orphan(error):
            raise AccountNotFound(owner) from error
        _report(operation, error)
        raise _failure(error, operation, stage) from error
    except SQLAlchemyError as error:
        _report(operation, error)
        raise StorageError(operation) from error


def _failure(error: DBAPIError, operation: str, stage: Stage) -> StorageError:
    if is_lost(error):
        # A server that drops a connection it has just taken may well take the next one.
        return _broken(operation, Stage.OPEN if stage is Stage.REACHING else stage)
    if is_conflict(error):
        return TransactionLost(operation)
    if (why := what_blocks(error)) is not None:
        return StorageRefused(operation, why)
    if stage is Stage.REACHING or is_passing(error):
        return StorageUnavailable(operation)
    return StorageError(operation)


def _broken(operation: str, stage: Stage) -> StorageError:
    match stage:
        case Stage.REACHING:
            return StorageUnavailable(operation)
        case Stage.OPEN:
            return TransactionLost(operation)
        case Stage.COMMITTING:
            return OutcomeUnknown(operation)


def _report(operation: str, error: Exception) -> None:
    # The driver's own words only: SQLAlchemy's text would add the parameters, which are what
    # the user wrote.
    cause = error.orig if isinstance(error, DBAPIError) else error
    told = {"kind": type(cause).__name__, "code": _code(cause)}
    if why := why_refused(error):
        told["why"] = why
    _log.warning("storage_failed", operation=operation, **told)


def _code(cause: BaseException | None) -> str | None:
    name = getattr(cause, "sqlite_errorname", None)
    if name is not None:
        return str(name)
    first = cause.args[0] if cause is not None and cause.args else None
    return str(first) if isinstance(first, int) else None
