"""An index in the very order of the list, which MySQL reads from its end instead of sorting."""

from adapters.sql.steps import create_index, drop_index

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

EARLIER = ("ix_ChatSessionsNG_customer_id_last_update", "customer_id", "last_update")
IN_ORDER = ("ix_ChatSessionsNG_list_order", *EARLIER[1:], "created_at", "session_id")


def upgrade() -> None:
    replace(EARLIER, IN_ORDER)


def downgrade() -> None:
    replace(IN_ORDER, EARLIER)


def replace(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    create_index(new[0], "ChatSessionsNG", *new[1:])
    drop_index(old[0], "ChatSessionsNG")
