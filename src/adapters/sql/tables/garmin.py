"""The tables of the garmin database: what a watch has recorded. None yet."""

from sqlalchemy import MetaData

from adapters.sql.tables.naming import NAMES

metadata = MetaData(naming_convention=NAMES)
