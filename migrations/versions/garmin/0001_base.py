"""Where every garmin database begins, a new one and one taken over: nothing is made or changed.

A database that an earlier server filled is stamped 0001; later versions pass over what is there.
"""

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make nothing."""


def downgrade() -> None:
    """Drop nothing."""
