"""What is said while a question is researched, beside the answer itself."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from domain.ids import ConversationId
from domain.research import ResearchStage, Source
from domain.turn.metering import Usage


class Stage(Struct, frozen=True, tag_field="type", tag="research_stage"):
    """A part of the work begins, or all of it is over (`completed`)."""

    name: ResearchStage
    model: str = ""
    """Who is asked in it: the provider's own name …"""
    provider: str = ""
    """… and who offers it."""
    instruction: str = ""
    """For `research`: what is to be found out."""
    conversation: ConversationId | None = None
    """For `completed`: where it is kept."""
    sources: int = 0
    """For `completed`: how many pages were found."""
    timings_s: Mapping[str, float] = {}
    """For `completed`: how long each stage took."""
    because: str | None = None
    """Code of the failure for which this stage makes do without the one before."""


class QuestionOptimized(Struct, frozen=True, tag_field="type", tag="question_optimized"):
    """The question as it is put to the research model. For the engine alone."""

    instruction: str
    written_by: str | None
    """The model; None: it is the user's own words."""


class ReportDelta(Struct, frozen=True, tag_field="type", tag="report_delta"):
    """The next piece of the report. For the engine alone: readers hear of it by the answer."""

    text: str


class ReportWritten(Struct, frozen=True, tag_field="type", tag="report_written"):
    """The whole report, in which each number stands for one of the sources.

    Readers are told the sources.
    """

    text: str
    sources: tuple[Source, ...]
    model: str
    settings: Mapping[str, Any]
    """How the research model was asked."""


class StageBilled(Struct, frozen=True, tag_field="type", tag="stage_billed"):
    """What a stage before the last one took. For the bill alone."""

    model: str
    provider: str
    usage: Usage | None = None
    cost_usd: float | None = None
    """None: nobody knows."""
    error: str | None = None
    """Code of what it failed with."""


ToldResearchEvent = Stage | ReportWritten
ResearchOnlyEvent = QuestionOptimized | ReportDelta | StageBilled
