"""A user's own data, in the shape of a chart."""

from typing import Protocol

from domain.charts import ChartData, DataQuery
from domain.ids import UserId


class ChartNumbers(Protocol):
    """One source of data (`DataQuery.source`)."""

    async def find(self, owner: UserId, query: DataQuery) -> ChartData:
        """Return what the query asks for, of this user alone.

        Raises:
            InvalidRequest: the source has no such metric, or nothing in that time.
            StorageError: it cannot be read.
        """
        ...
