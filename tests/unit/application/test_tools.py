"""The tools, each through its own door."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from msgspec import structs

from adapters.memory.chat_model import ScriptedChatModel
from adapters.memory.clock import ManualClock
from adapters.memory.downloads import MemoryDownloads
from adapters.memory.files import MemoryFiles
from adapters.memory.page_text import MemoryPageReader
from adapters.memory.pdf_text import MemoryPdfText, written
from adapters.memory.web_search import MemorySearch
from application.agent.choose import ChooseModel
from application.agent.tool import SideEvent, ToolContext
from application.agent.toolbox import read_arguments
from application.agent.tools.calculator import Calculator
from application.agent.tools.current_time import CurrentTime
from application.agent.tools.fetch_page import FetchPage
from application.agent.tools.generate_chart import ChartSources, GenerateChart
from application.agent.tools.generate_text import GenerateText
from application.agent.tools.read_file import ReadFile
from application.agent.tools.search_history import SearchHistory
from application.agent.tools.search_web import SearchWeb
from application.files.keep_file import KeepFile
from application.files.sources import AttachmentSources
from application.history.search_messages import SearchMessages
from application.ports.chart_numbers import ChartNumbers
from application.ports.web_search import FoundPage
from domain.catalog.card import Price
from domain.charts import ChartData, DataQuery, Dataset
from domain.errors import DownloadFailed, FileNotFound, ParleyError, UnknownModel
from domain.files.keys import address_of
from domain.ids import UserId
from domain.provider_errors import ProviderRejected
from domain.turn.agent_events import ChartBegun, ChartFailed, ChartMade, SpentBeside
from domain.turn.events import ModelStopped, TextDelta, ToolCalled
from domain.turn.metering import Usage
from domain.turn.prompt import FilePart, ImagePart
from tests.unit.agent_rig import AgentRig
from tests.unit.rig import BORIS, CATALOG, SWIFT, Rig, question, said


class Door:
    """A context that notes what tools say and hold."""

    def __init__(self, **changes: Any) -> None:
        self.rig = AgentRig()
        self.said: list[SideEvent] = []
        self.context: ToolContext = structs.replace(
            self.rig.box.context, tell=self.said.append, card=SWIFT, **changes
        )

    async def calls(self, tool: Any, **arguments: Any) -> Mapping[str, Any]:
        """Call as the model would: arguments are read first."""
        called = ToolCalled("1", tool.spec.name, arguments)
        return await tool(read_arguments(tool, called), self.context)


async def test_the_calculator_is_exact() -> None:
    assert await Door().calls(Calculator(), expression="6*7") == {"result": "42", "exact": True}
    third = await Door().calls(Calculator(), expression="1/3")
    assert third["fraction"] == "1/3"


async def test_the_time_is_told_where_it_is_asked_for() -> None:
    told = await Door().calls(
        CurrentTime(ManualClock()), timezone="Asia/Tokyo", shift_days=-1, day="2026-12-24"
    )
    assert told["now"] == "2026-01-01T09:00:00+09:00"
    assert told["shifted"] == {"date": "2025-12-31", "weekday": "Wednesday"}
    assert told["day"]["days_away"] == (date(2026, 12, 24) - date(2026, 1, 1)).days


@pytest.mark.parametrize("arguments", [{"timezone": "Mars/Base"}, {"shift_days": 3_000_000}])
async def test_no_such_place_and_no_such_day(arguments: dict[str, Any]) -> None:
    with pytest.raises(ParleyError):
        await Door().calls(CurrentTime(ManualClock()), **arguments)


async def test_text_is_written_by_a_model_without_tools_and_billed() -> None:
    priced = structs.replace(SWIFT, price=Price(1.0, 2.0))
    model = ScriptedChatModel([TextDelta("Hi"), ModelStopped("stop", Usage(1_000_000, 0))])
    tool = GenerateText(ChooseModel(type(CATALOG)([priced]), {"acme": model}))
    door = Door()
    told = await door.calls(tool, prompt="Say hi", system_prompt="Be kind")
    assert told == {"text": "Hi", "model": "swift-2-latest", "provider": "acme"}
    (prompt,) = model.prompts
    assert (prompt.tools, prompt.may_call, prompt.system) == ((), False, "Be kind")
    assert (prompt.temperature, prompt.max_tokens) == (0.7, 2048)
    assert door.rig.held == [prompt], "money is set aside first"
    assert door.said == [SpentBeside(Usage(1_000_000, 0), 1.0)]


async def test_text_by_nobody() -> None:
    tool = GenerateText(ChooseModel(CATALOG, {"acme": ScriptedChatModel()}))
    with pytest.raises(UnknownModel):
        await Door().calls(tool, prompt="Hi", model="nobody")
    failing = GenerateText(
        ChooseModel(CATALOG, {"acme": ScriptedChatModel([ProviderRejected("acme", "no")])})
    )
    with pytest.raises(ProviderRejected):
        await Door().calls(failing, prompt="Hi")


class Tides(ChartNumbers):
    async def find(self, owner: UserId, query: DataQuery) -> ChartData:
        return ChartData([Dataset(f"{query.metric} of {owner}", [1.0])])


async def test_a_chart_is_announced_made_and_coloured() -> None:
    door = Door()
    tool = GenerateChart(ChartSources({"garmin_db": Tides()}), ManualClock())
    query = {"source": "garmin_db", "metric": "sleep", "time_range": {"last_n_days": 7}}
    told = await door.calls(tool, chart_type="bar", title=" Sleep ", data_query=query)
    begun, made = door.said
    assert begun == ChartBegun("bar", " Sleep ")
    assert isinstance(made, ChartMade)
    assert (made.chart.title, made.chart.data_source) == ("Sleep", "garmin_db")
    assert told["chart_payload"]["data"]["datasets"] == [
        {"label": "sleep of 1", "data": [1.0], "color": "#3B82F6"}
    ]
    assert told["chart_id"] == made.chart.chart_id


async def test_years_are_written_as_text_beside_a_chart() -> None:
    data = {"labels": [2024, "2025", 1.5], "datasets": [{"label": 7, "data": [1, 2, 3]}]}
    tool = GenerateChart(ChartSources({}), ManualClock())
    told = await Door().calls(tool, chart_type="bar", title="T", data=data)
    drawn = told["chart_payload"]["data"]
    assert (drawn["labels"], drawn["datasets"][0]["label"]) == (["2024", "2025", "1.5"], "7")


async def test_blank_words_are_called_blank() -> None:
    with pytest.raises(ParleyError, match="Invalid parameter prompt: Must not be blank"):
        await Door().calls(GenerateText(ChooseModel(CATALOG, {})), prompt=" ")


async def test_mermaid_stays_text() -> None:
    code = "graph TD\nA-->B"
    tool = GenerateChart(ChartSources({}), ManualClock())
    told = await Door().calls(tool, chart_type="mermaid", title="Plan", mermaid_code=code)
    assert (told["chart_payload"]["mermaid_code"], told["chart_payload"]["data"]) == (code, None)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"chart_type": "bar"}, "needs data"),
        ({"chart_type": "mermaid"}, "needs mermaid_code"),
        ({"chart_type": "pie", "data": {"datasets": [{"label": "a", "data": [-1]}]}}, "negative"),
        (
            {
                "chart_type": "bar",
                "data": {"labels": ["x"], "datasets": [{"label": "a", "data": [1, 2]}]},
            },
            "2 values for 1 labels",
        ),
        (
            {"chart_type": "bar", "data_query": {"source": "ufc_db", "metric": "wins"}},
            "ufc_db for charts is not available",
        ),
    ],
)
async def test_a_chart_that_cannot_be_drawn(arguments: dict[str, Any], error: str) -> None:
    door = Door()
    with pytest.raises(ParleyError, match=error):
        await door.calls(GenerateChart(ChartSources({}), ManualClock()), title="T", **arguments)
    assert [type(each) for each in door.said] == [ChartBegun, ChartFailed]


@pytest.mark.parametrize(
    "arguments",
    [
        {"chart_type": "donut"},
        {"title": " "},
        {"data": {"datasets": []}},
        {"options": {"colors": ["red; background: url(x)"]}},
    ],
)
async def test_a_chart_of_the_wrong_shape_is_not_begun(arguments: dict[str, Any]) -> None:
    door = Door()
    tool = GenerateChart(ChartSources({}), ManualClock())
    with pytest.raises(ParleyError, match="Invalid parameter"):
        await door.calls(tool, **{"chart_type": "bar", "title": "T", **arguments})
    assert door.said == []


async def test_pages_are_read_as_what_they_are() -> None:
    web = MemoryDownloads(
        {
            "https://a.example/": b"<!doctype html><html><title>A</title><p>One</p></html>",
            "https://a.example/b": b"plain",
            "https://a.example/c": b"\x89PNG\r\n\x1a\n",
        }
    )
    tool = FetchPage(web, MemoryPageReader(), MemoryPdfText())
    page = await Door().calls(tool, url="https://a.example/")
    assert (page["title"], page["text"]) == ("A", "One")
    assert (await Door().calls(tool, url="https://a.example/b"))["text"] == "plain"
    with pytest.raises(DownloadFailed, match="image/png"):
        await Door().calls(tool, url="https://a.example/c")
    with pytest.raises(ParleyError, match="Invalid parameter url"):
        await Door().calls(tool, url="file:///etc/passwd")


async def test_the_web_is_searched() -> None:
    search = MemorySearch([FoundPage("https://a.example/", "Tides", "x" * 3000)])
    told = await Door().calls(SearchWeb(search), query="tides")
    assert [page["url"] for page in told["pages"]] == ["https://a.example/"]
    assert len(told["pages"][0]["snippet"]) == 2000
    assert search.asked == ["tides"]


async def test_the_history_of_the_one_who_asks_is_searched_and_not_this_conversation() -> None:
    async with Rig(said("High."), said("Low."), said("Mine.")) as rig:
        first = await rig.start(question("How are the tides?"))
        await rig.ending(first)
        second = await rig.start(question("And the tides now?"))
        await rig.ending(second)
        stranger = await rig.start(question("My tides", user=BORIS))
        await rig.ending(stranger, user=BORIS)
        now = (await rig.record(second)).conversation
        tool = SearchHistory(SearchMessages(rig.store))
        told = await Door(conversation=now).calls(tool, query="tides")
    (found,) = told["conversations"]
    assert [message["text"] for message in found["messages"]] == ["How are the tides?"]


async def test_attachments_are_listed_and_read_part_by_part() -> None:
    web = MemoryDownloads(
        {"https://a.example/notes.txt": b"0123456789", "https://a.example/a.pdf": written("P1")}
    )
    files = (
        FilePart("https://a.example/notes.txt"),
        FilePart("https://a.example/a.pdf", "report.pdf"),
        ImagePart("data:image/png;base64,iVBORw0KGgo="),
    )
    door = Door(files=files)
    sources = AttachmentSources(web, MemoryFiles(ManualClock()))
    tool = ReadFile(sources, MemoryPdfText(), MemoryPageReader())
    listed = (await door.calls(tool))["files"]
    assert [(each["name"], each["kind"]) for each in listed] == [
        ("notes.txt", "file"), ("report.pdf", "file"), ("image/png", "image"),
    ]  # fmt: skip
    part = await door.calls(tool, file="1", offset=2, limit=3)
    assert (part["text"], part["characters"], part["next_offset"]) == ("234", 10, 5)
    with pytest.raises(ParleyError, match="cannot be read as text"):
        await door.calls(tool, file="3")
    with pytest.raises(ParleyError, match="call without a file"):
        await door.calls(tool, file="https://b.example/other.txt")


async def test_the_rest_of_a_result_is_read_by_its_owner_alone() -> None:
    rig = AgentRig()
    async with rig.store() as db:
        await db.accounts.add("anna", "hash", None)
    keep = KeepFile(rig.files, rig.store, rig.clock)
    file = await keep(UserId(1), "page.txt", "text/plain", b"the whole of it", 100)
    tool = ReadFile(
        AttachmentSources(MemoryDownloads(), rig.files), MemoryPdfText(), MemoryPageReader()
    )
    address = address_of(file.key)
    assert (await Door().calls(tool, file=address))["text"] == "the whole of it"
    with pytest.raises(FileNotFound):
        await Door(user=UserId(2)).calls(tool, file=address)
