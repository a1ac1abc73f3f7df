"""Charts: what a client draws beside an answer (contract: tools-and-workflows §5)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

from domain.errors import InvalidRequest

ChartType = Literal["bar", "line", "pie", "area", "scatter", "mermaid"]
Source = Literal["garmin_db", "blood_db", "ufc_db", "semantic_search", "llm_generated"]
COLORS = (
    "#3B82F6",
    "#10B981",
    "#F59E0B",
    "#EF4444",
    "#8B5CF6",
    "#EC4899",
    "#06B6D4",
    "#F97316",
)
MOST_DATASETS = 20
MOST_POINTS = 2000

Color = Annotated[str, Meta(pattern=r"^#[0-9A-Fa-f]{3,8}$", description="Like #3B82F6.")]
Label = Annotated[str, Meta(max_length=200)]
Named = Label | int | float
"""What is written beside a chart: models give years as the numbers that they are."""


class Point(Struct, frozen=True):
    """A place of a scatter or line chart."""

    x: float | Label
    y: float
    label: Label | None = None


class Dataset(Struct, frozen=True):
    """One series."""

    label: Named
    data: Annotated[list[float | Point | None], Meta(min_length=1, max_length=MOST_POINTS)]
    color: Color | None = None


class ChartData(Struct, frozen=True):
    """What is drawn."""

    datasets: Annotated[list[Dataset], Meta(min_length=1, max_length=MOST_DATASETS)]
    labels: Annotated[list[Named], Meta(max_length=MOST_POINTS)] | None = None


class ChartOptions(Struct, frozen=True):
    """How it is drawn."""

    interactive: bool = True
    show_legend: bool = True
    show_grid: bool = True
    colors: Annotated[list[Color], Meta(max_length=MOST_DATASETS)] | None = None
    x_axis_label: Label | None = None
    y_axis_label: Label | None = None
    stacked: bool = False
    show_values: bool = False


class TimeRange(Struct, frozen=True, omit_defaults=True):
    """The days that are meant; the first of these that is given counts."""

    start: str | None = None
    """A day or moment (ISO)."""
    end: str | None = None
    last_n_days: Annotated[int, Meta(ge=1)] | None = None
    last_n_weeks: Annotated[int, Meta(ge=1)] | None = None
    last_n_months: Annotated[int, Meta(ge=1)] | None = None
    all_time: bool = False


class DataQuery(Struct, frozen=True):
    """Data of the user's own that is to be drawn, in place of numbers that the model gives."""

    source: Literal["garmin_db", "blood_db", "ufc_db"]
    metric: Label
    time_range: TimeRange = TimeRange()
    filters: dict[str, str | float | bool] = {}
    aggregation: Literal["daily", "weekly", "monthly", "none"] = "none"
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class Chart(Struct, frozen=True, kw_only=True):
    """A chart as clients and the history have it."""

    chart_id: str
    chart_type: ChartType
    title: str
    subtitle: str | None = None
    data: ChartData | None = None
    mermaid_code: str | None = None
    options: ChartOptions = ChartOptions()
    data_source: Source | None = None
    generated_at: datetime


def worded(data: ChartData) -> ChartData:
    """Return the data with text wherever clients expect text."""
    return structs.replace(
        data,
        datasets=[structs.replace(each, label=_word(each.label)) for each in data.datasets],
        labels=None if data.labels is None else [_word(each) for each in data.labels],
    )


def _word(said: Named) -> str:
    return str(said).removesuffix(".0") if isinstance(said, float) else str(said)


def checked(chart: Chart) -> Chart:
    """Return the chart if it can be drawn.

    Raises:
        InvalidRequest: what its type needs is missing, or its parts do not fit together.
    """
    if chart.chart_type == "mermaid":
        if not (chart.mermaid_code or "").strip():
            raise InvalidRequest("A mermaid chart needs mermaid_code", "mermaid_code")
        return chart
    if chart.data is None:
        raise InvalidRequest(f"A {chart.chart_type} chart needs data", "data")
    _check_labels(chart.data)
    if chart.chart_type == "pie" and any(
        isinstance(value, float) and value < 0
        for dataset in chart.data.datasets
        for value in dataset.data
    ):
        raise InvalidRequest("A pie has no negative pieces", "data")
    return chart


def _check_labels(data: ChartData) -> None:
    if data.labels is None:
        return
    for dataset in data.datasets:
        plain = not any(isinstance(value, Point) for value in dataset.data)
        if plain and len(dataset.data) != len(data.labels):
            raise InvalidRequest(
                f"Dataset {dataset.label!r} has {len(dataset.data)} values"
                f" for {len(data.labels)} labels",
                "data",
            )


def colors_of(count: int) -> Sequence[str]:
    """Return that many of the default colours, beginning again where they end."""
    return [COLORS[at % len(COLORS)] for at in range(count)]
