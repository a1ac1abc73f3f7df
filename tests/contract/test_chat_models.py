"""The promises of `ChatModel`, on every adapter: of providers, of none, and the scripted one."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from domain.provider_errors import ProviderError
from domain.turn.events import ModelStopped
from tests.contract.answers import all_of, error_of, text_of, without_cuts
from tests.contract.chat_models import SUBJECTS, Act, Subject
from tests.simulators.provider_wires import KEY


@pytest.fixture(params=SUBJECTS)
async def subject(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Subject, None]:
    async with SUBJECTS[request.param](tmp_path) as made:
        yield made


async def test_no_batch_is_empty_and_the_last_event_is_the_only_stop(subject: Subject) -> None:
    play = subject("answers")
    batches = [batch async for batch in play.model.stream(play.prompts[0])]
    assert all(len(batch) > 0 for batch in batches)
    *said, stopped = [event for batch in batches for event in batch]
    assert isinstance(stopped, ModelStopped)
    assert stopped.reason == "stop"
    assert not any(isinstance(event, ModelStopped) for event in said)
    assert text_of(said)


async def test_the_last_word_counts_the_tokens(subject: Subject) -> None:
    play = subject("answers")
    stopped = (await all_of(play.model, play.prompts[0]))[-1]
    assert isinstance(stopped, ModelStopped)
    usage = stopped.usage
    assert usage is not None
    assert usage.input_tokens > 0
    assert usage.output_tokens > 0
    assert usage.total_tokens >= usage.input_tokens + usage.output_tokens


async def test_one_model_answers_again_and_again(subject: Subject) -> None:
    play = subject("answers", "answers")
    first, second = [without_cuts(await all_of(play.model, prompt)) for prompt in play.prompts]
    assert first == second


async def test_several_answers_at_once_do_not_mix(subject: Subject) -> None:
    play = subject("answers", "answers", "answers")
    async with asyncio.TaskGroup() as group:
        reading = [group.create_task(all_of(play.model, prompt)) for prompt in play.prompts]
    first, *others = [without_cuts(task.result()) for task in reading]
    assert all(other == first for other in others)
    assert play.asked() >= 3


async def test_what_nobody_reads_is_not_asked(subject: Subject) -> None:
    play = subject("answers")
    answer = play.model.stream(play.prompts[0])
    await asyncio.sleep(0)
    await answer.aclose()
    assert play.asked() == 0


async def test_closing_early_closes_the_connection(subject: Subject) -> None:
    play = subject("holds on")
    before = asyncio.all_tasks()
    batches = play.model.stream(play.prompts[0])
    assert await anext(batches)
    await batches.aclose()
    await play.left()
    assert asyncio.all_tasks() == before
    with pytest.raises(StopAsyncIteration):
        await anext(batches)


async def test_cancelling_the_reader_closes_the_connection(subject: Subject) -> None:
    play = subject("says nothing")
    before = asyncio.all_tasks()
    reading = asyncio.create_task(all_of(play.model, play.prompts[0]))
    await play.reached()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await play.left()
    assert asyncio.all_tasks() == before


async def test_cancelling_in_mid_answer_closes_the_connection(subject: Subject) -> None:
    play = subject("holds on")
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in play.model.stream(play.prompts[0]):
            begun.set()

    before = asyncio.all_tasks()
    reading = asyncio.create_task(read())
    await begun.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await play.left()
    assert asyncio.all_tasks() == before


async def test_a_failure_is_a_providers_and_is_not_tried_again(subject: Subject) -> None:
    play = subject("fails", "answers")
    error, said = await error_of(play.model, play.prompts[0])
    assert said == []
    assert_fit_for_clients(error)
    assert play.asked() <= 1


async def test_what_was_said_before_a_failure_is_said(subject: Subject) -> None:
    play = subject("breaks off")
    error, said = await error_of(play.model, play.prompts[0])
    assert text_of(said)
    assert not any(isinstance(event, ModelStopped) for event in said)
    assert_fit_for_clients(error)


@pytest.mark.parametrize("act", ["fails", "breaks off"])
async def test_a_failed_answer_does_not_harm_the_next(subject: Subject, act: Act) -> None:
    play = subject("answers", act, "answers")
    before, failed, after = play.prompts
    whole = without_cuts(await all_of(play.model, before))
    await error_of(play.model, failed)
    assert without_cuts(await all_of(play.model, after)) == whole


def assert_fit_for_clients(error: ProviderError) -> None:
    assert error.provider
    assert str(error)
    for hidden in (KEY, "127.0.0.1", "<html"):
        assert hidden not in str(error)
