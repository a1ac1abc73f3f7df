"""The one model that needs no key."""

from domain.catalog.card import Capability, ModelCard, Price

PROVIDER = "demo"

CARDS = (
    ModelCard(
        id="demo",
        provider=PROVIDER,
        model="demo",
        can=frozenset(
            {
                Capability.TEMPERATURE,
                Capability.IMAGES_IN,
                Capability.FILES_IN,
                Capability.OFFICE_IN,
                Capability.AUDIO_IN,
                Capability.IMAGE_URLS,
                Capability.FILE_URLS,
                Capability.TOOLS,
                Capability.REASONING,
                Capability.BATCH,
            }
        ),
        efforts=("low", "medium", "high"),
        researched_by="demo",
        output_tokens=100_000,
        price=Price(0.0, 0.0),
    ),
)
