"""All that may be said on the way to an answer, whatever kind of work it takes."""

from application.agent.loop import AgentEvent
from application.research.deep_research import ResearchEvent
from domain.clarification import ImagesAnnounced, PromptEnhanced

AnswerEvent = AgentEvent | ResearchEvent | PromptEnhanced | ImagesAnnounced
