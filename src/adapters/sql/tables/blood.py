"""The tables of the blood database: blood tests, their markers and reference ranges. None yet."""

from sqlalchemy import MetaData

from adapters.sql.tables.naming import NAMES

metadata = MetaData(naming_convention=NAMES)
