"""Which tools an agent may use, by the name of its profile (contract: tools-and-workflows §2)."""

from collections.abc import Mapping

DEFAULT_PROFILE = "general"

PROFILES: Mapping[str, tuple[str, ...]] = {
    "general": (
        "generate_text",
        "generate_image",
        "generate_video",
        "generate_chart",
        "calculator",
        "current_time",
        "search_history",
        "search_web",
        "fetch_page",
        "read_file",
    ),
    "media": ("generate_text", "generate_image", "generate_video"),
    "automation": ("generate_text", "generate_image", "browser_automation"),
}
"""What no tool of that name is there for is left out."""

ALIASES: Mapping[str, str] = {
    "text_generation": "generate_text",
    "image_generation": "generate_image",
    "video_generation": "generate_video",
    "chart_generation": "generate_chart",
}
"""Other names by which models call tools."""
