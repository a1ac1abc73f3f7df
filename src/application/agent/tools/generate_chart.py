"""Charts that a client draws beside the answer."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NewType, cast

import msgspec
from msgspec import Meta, Struct, structs

from application.agent.places import KnownPlaces
from application.agent.tool import Tool, ToolContext
from application.ports.chart_numbers import ChartNumbers
from application.ports.clock import Clock
from domain.charts import (
    Chart,
    ChartData,
    ChartOptions,
    ChartType,
    DataQuery,
    Source,
    checked,
    colors_of,
    worded,
)
from domain.errors import FeatureUnavailable, InvalidRequest, ParleyError
from domain.tools import ToolSpec, parameters_of
from domain.turn.agent_events import ChartBegun, ChartFailed, ChartMade

ChartSources = NewType("ChartSources", Mapping[str, ChartNumbers])
"""Where data of the user's own comes from, by `DataQuery.source`."""


class GenerateChartArguments(Struct, frozen=True):
    """The chart, with its numbers, with where they are, or as mermaid code."""

    chart_type: ChartType
    title: Annotated[str, Meta(pattern=r"\S", max_length=200)]
    subtitle: Annotated[str, Meta(max_length=300)] | None = None
    data: ChartData | None = None
    data_query: (
        Annotated[
            DataQuery, Meta(description="In place of data: numbers of the user's own records.")
        ]
        | None
    ) = None
    mermaid_code: (
        Annotated[str, Meta(max_length=20_000, description="Only for chart_type mermaid.")] | None
    ) = None
    options: ChartOptions = ChartOptions()


class GenerateChart(Tool):
    """The chart goes to the client at once; its place in the answer is a marker."""

    spec = ToolSpec(
        "generate_chart",
        "Draw a chart for the user: bar, line, pie, area or scatter from numbers that you know, or"
        " a diagram as mermaid code. Write [CHART:<chart_id>], with the chart_id of the result, on"
        " a line of your answer where it belongs. Never invent numbers.",
        parameters_of(GenerateChartArguments),
        limit_s=30,
    )
    takes = GenerateChartArguments

    def __init__(self, sources: ChartSources, clock: Clock) -> None:
        self._sources = sources
        self._clock = clock

    async def __call__(
        self, arguments: GenerateChartArguments, context: ToolContext
    ) -> Mapping[str, Any]:
        """Return the chart, and the id for its marker.

        Raises:
            InvalidRequest: it cannot be drawn.
            FeatureUnavailable: nobody has the data that it asks for.
        """
        context.tell(ChartBegun(arguments.chart_type, arguments.title))
        try:
            chart = await self._chart(arguments, context)
        except ParleyError as error:
            context.tell(ChartFailed(str(error), arguments.chart_type, arguments.title))
            raise
        context.tell(ChartMade(chart))
        return {"chart_id": chart.chart_id, "chart_payload": msgspec.to_builtins(chart)}

    async def _chart(self, said: GenerateChartArguments, context: ToolContext) -> Chart:
        source: Source = "llm_generated"
        data = None if said.data is None else worded(said.data)
        if said.data_query is not None:
            source, data = said.data_query.source, await self._numbers(said.data_query, context)
        chart = Chart(
            chart_id=self._clock.new_id(),
            chart_type=said.chart_type,
            title=said.title.strip(),
            subtitle=said.subtitle,
            data=None if said.chart_type == "mermaid" else data,
            mermaid_code=said.mermaid_code if said.chart_type == "mermaid" else None,
            options=said.options,
            data_source=source,
            generated_at=self._clock.now(),
        )
        _check_addresses(chart, context.places)
        return _colored(checked(chart))

    async def _numbers(self, query: DataQuery, context: ToolContext) -> ChartData:
        source = self._sources.get(query.source)
        if source is None:
            raise FeatureUnavailable(f"Data of {query.source} for charts")
        return await source.find(context.user, query)


def _colored(chart: Chart) -> Chart:
    """Return the chart with a colour for every series."""
    if chart.data is None:
        return chart
    palette = chart.options.colors or colors_of(len(chart.data.datasets))
    datasets = [
        dataset if dataset.color else structs.replace(dataset, color=palette[at % len(palette)])
        for at, dataset in enumerate(chart.data.datasets)
    ]
    return structs.replace(chart, data=structs.replace(chart.data, datasets=datasets))


def _check_addresses(chart: Chart, places: KnownPlaces) -> None:
    """Refuse a chart into which strangers have had an address written: diagrams load pictures."""
    words = (word for text in _texts(msgspec.to_builtins(chart)) for word in text.split())
    if any(places.is_composed(word) for word in words):
        raise InvalidRequest("A chart may only hold addresses that have come up as they are")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in cast("dict[str, Any]", value).values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from _texts(each)
