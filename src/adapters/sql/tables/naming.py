"""How indexes and constraints are named that say no name of their own, and what `info` says."""

NAMES = {
    # The form SQLAlchemy itself gives to indexes: that of the databases taken over.
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

TYPE_VARIES = "type varies"
"""In a column's `info`: its type may be another in a database that was taken over."""

SINCE = "since"
"""In a table's `info`: the version that made it."""
