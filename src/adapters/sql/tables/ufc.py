"""The tables of the ufc database: fighters, bouts and subscriptions. None yet."""

from sqlalchemy import MetaData

from adapters.sql.tables.naming import NAMES

metadata = MetaData(naming_convention=NAMES)
