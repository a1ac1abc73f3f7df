"""What a model says in one round: what goes on to the readers, and what the agent keeps."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import structs

from application.agent.link_guard import LinkGuard
from application.agent.toolbox import Toolbox
from domain.turn.events import (
    MediaGiven,
    ModelEvent,
    ModelStopped,
    ProviderRetrying,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
)
from domain.turn.metering import Usage

Said = ModelEvent | ProviderRetrying


class Spoken:
    """Of one round."""

    def __init__(self, box: Toolbox, new_id: Callable[[], str]) -> None:
        self._box = box
        self._new_id = new_id
        # Where no stranger has had a say, words need no look.
        guarded = box.context.places.read_outside
        self._guards: Mapping[type, LinkGuard] = (
            {kind: LinkGuard(box.context.places) for kind in (TextDelta, ThinkingDelta)}
            if guarded
            else {}
        )
        self._text: list[str] = []
        self._gave_media = False
        self.calls: list[ToolCalled] = []
        """Those for tools of ours, and for names that nobody knows."""
        self.for_client: list[ToolCalled] = []
        """Those that the client has to run; the readers hear of them after ours."""
        self.state: tuple[Mapping[str, Any], ...] = ()
        self.usages: list[Usage | None] = []

    @property
    def text(self) -> str:
        """What the model has written, whatever readers got to see of it."""
        return "".join(self._text)

    @property
    def answers(self) -> bool:
        """Whether there are words of an answer, or a picture."""
        return self._gave_media or bool(self.text.strip())

    def heard(self, batch: Sequence[Said]) -> Sequence[Said]:
        """Take in a batch; return what of it goes on at once."""
        first = batch[0]
        if len(batch) == 1 and isinstance(first, TextDelta) and not self._guards:
            self._text.append(first.text)
            return batch
        told: list[Said] = []
        for event in batch:
            told.extend(self._one(event))
        return told

    def _one(self, event: Said) -> Sequence[Said]:
        if isinstance(event, TextDelta):
            self._text.append(event.text)
            return self._guarded(TextDelta, event)
        if isinstance(event, ThinkingDelta):
            return self._guarded(ThinkingDelta, event)
        if isinstance(event, ToolCalled) and not event.run_by_provider:
            self._called(event)
            return ()
        if isinstance(event, ModelStopped):
            self.state = event.state
            self.usages.append(event.usage)
            return [*self._rest(), event]
        self._gave_media = self._gave_media or isinstance(event, MediaGiven)
        return (event,)

    def _called(self, call: ToolCalled) -> None:
        if not call.id:
            call = structs.replace(call, id=f"call_{self._new_id().replace('-', '')}")
        if self._box.left_to_client(call):
            self.for_client.append(structs.replace(call, awaited=True))
        else:
            self.calls.append(structs.replace(call, awaited=False))

    def _guarded(
        self, kind: type[TextDelta] | type[ThinkingDelta], event: TextDelta | ThinkingDelta
    ) -> Sequence[Said]:
        guard = self._guards.get(kind)
        if guard is None:
            return (event,)
        text = guard.feed(event.text)
        return (kind(text),) if text else ()

    def _rest(self) -> list[Said]:
        rest = {kind: guard.flush() for kind, guard in self._guards.items()}
        return [kind(rest[kind]) for kind in (ThinkingDelta, TextDelta) if rest.get(kind)]
