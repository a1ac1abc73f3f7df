"""What is said while a model works with tools of ours, beside the calls and their results."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from domain.charts import Chart
from domain.turn.metering import Usage

LoopStatus = Literal[
    "completed",
    "max_iterations",
    "timeout",
    "max_tool_calls",
    "max_tokens",
    "max_cost",
    "spending_cap",
]
"""How the work of an agent came to its end: by itself, or by the limit that is named."""


class RoundBegan(Struct, frozen=True, tag_field="type", tag="round_began"):
    """The model is asked, for the `number`th time of at most `most`."""

    number: int
    most: int
    profile: str


class RoundEnded(Struct, frozen=True, tag_field="type", tag="round_ended"):
    """The model has spoken, and the tools that it called have answered."""

    number: int
    calls: int
    goes_on: bool
    """The model is asked once more, with the results."""


class ApprovalAsked(Struct, frozen=True, tag_field="type", tag="approval_asked"):
    """A tool waits for the user's word: it would do something that cannot be undone unseen."""

    call: str
    tool: str
    arguments: Mapping[str, Any]
    within_s: float
    """After that the call is taken as refused."""


class ApprovalSettled(Struct, frozen=True, tag_field="type", tag="approval_settled"):
    """The question of an approval is over, for every reader."""

    call: str
    tool: str
    approved: bool
    timed_out: bool = False


class ToolProgressed(Struct, frozen=True, tag_field="type", tag="tool_progressed"):
    """How far a tool has come, in whatever unit it counts."""

    call: str
    tool: str
    done: float
    total: float | None = None
    message: str | None = None


class ChartBegun(Struct, frozen=True, tag_field="type", tag="chart_begun"):
    """A chart is being made."""

    chart_type: str
    title: str


class ChartMade(Struct, frozen=True, tag_field="type", tag="chart_made"):
    """A chart that belongs to the answer."""

    chart: Chart


class ChartFailed(Struct, frozen=True, tag_field="type", tag="chart_failed"):
    """No chart came about."""

    message: str
    chart_type: str
    title: str


class SpentBeside(Struct, frozen=True, tag_field="type", tag="spent_beside"):
    """A tool has asked a model of its own. For the bill alone: readers are not told."""

    usage: Usage | None
    cost_usd: float | None


class LoopStopped(Struct, frozen=True, tag_field="type", tag="loop_stopped"):
    """The rounds are over; where a limit ended them, the model's last words follow.

    Readers are told at the end of the answer (`AnswerWritten`).
    """

    status: LoopStatus
    rounds: int


AgentOnlyEvent = SpentBeside | LoopStopped
ToldAgentEvent = (
    RoundBegan
    | RoundEnded
    | ApprovalAsked
    | ApprovalSettled
    | ToolProgressed
    | ChartBegun
    | ChartMade
    | ChartFailed
)
