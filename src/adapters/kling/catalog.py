"""KlingAI's models (contract: media §4.4). Kling bills by units whose price depends on the plan."""

from domain.catalog.media_cards import FilmingOption, VideoCard

PROVIDER = "klingai"
_ALL = frozenset({FilmingOption.NEGATIVE_PROMPT, FilmingOption.MODE, FilmingOption.LAST_FRAME})
_FIRST = _ALL | {
    FilmingOption.CFG_SCALE,
    FilmingOption.CAMERA_CONTROL,
    FilmingOption.MOTION_BRUSH,
    FilmingOption.REFERENCES,
}
_SECOND = _ALL | {FilmingOption.CAMERA_CONTROL}
_SPEAKS = _SECOND | {FilmingOption.AUDIO}
_BRUSH = ("static_mask", "dynamic_masks")
_MODES = ("std", "pro")
_PRO_ONLY = ("pro",)


def _kling(
    name: str,
    options: frozenset[FilmingOption],
    aliases: tuple[str, ...] = (),
    modes: tuple[str, ...] = _MODES,
) -> VideoCard:
    return VideoCard(
        id=name,
        provider=PROVIDER,
        model=name,
        aliases=aliases,
        seconds=(5, 10),
        ratios=("16:9", "9:16", "1:1"),
        ratio_from_words="16:9",
        ratio_from_image="16:9",
        refuses_other_ratios=True,
        refuses=() if FilmingOption.MOTION_BRUSH in options else _BRUSH,
        options=options,
        modes=modes,
        extends=True,
        poll_s=5,
        longest_s=300,
    )


VIDEOS = (
    _kling("kling-v1", _FIRST, ("kling", "klingai")),
    _kling("kling-v1-5", _FIRST),
    _kling("kling-v1-6", _FIRST),
    *(
        _kling(name, _SECOND)
        for name in (
            "kling-v2-master",
            "kling-v2-1",
            "kling-v2-1-master",
            "kling-v2-5",
            "kling-v2-5-turbo",
        )
    ),
    *(_kling(name, _SPEAKS, modes=_PRO_ONLY) for name in ("kling-v2-6", "kling-v2-6-pro")),
    *(
        _kling(name, _SPEAKS | {FilmingOption.CFG_SCALE}, modes=_PRO_ONLY)
        for name in ("kling-o1", "kling-o1-pro")
    ),
)
