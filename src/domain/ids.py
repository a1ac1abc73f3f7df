"""Names for the things that are looked up by an identifier."""

from typing import NewType

UserId = NewType("UserId", int)
"""The account a token speaks for; the contract calls it `customer_id`."""

ConversationId = NewType("ConversationId", str)
"""A UUID in text form; the contract calls it the chat `session_id`."""

MessageId = NewType("MessageId", int)
PromptId = NewType("PromptId", int)
"""Of a prompt that a user has saved."""

TurnId = NewType("TurnId", str)

FileKey = NewType("FileKey", str)
"""Where a stored file is, its owner first: `7/assets/chat/1/20260203_<32 hex>_plan.pdf`."""

JobId = NewType("JobId", str)
"""Of work that goes on without whoever asked for it."""

BatchId = NewType("BatchId", str)
"""Of a job of the batch API: `batch_20260203_101500_<8 hex>`."""
