"""Work that goes on by itself, and outlives the process."""

from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from application.background.going_on import GoingOn
from application.batch.follow import FollowBatch
from application.batch.forget import DropResults
from application.batch.submit import KIND as BATCH
from application.media.follow_video import KIND as VIDEO
from application.media.follow_video import FollowVideo
from application.media.forget_videos import ForgetVideos
from application.ports.clock import Clock


class BackgroundProvider(Provider):
    """A new kind of work is a line here."""

    scope = Scope.APP

    @provide
    def going_on(
        self,
        batches: FollowBatch,
        results: DropResults,
        videos: FollowVideo,
        old_videos: ForgetVideos,
        clock: Clock,
    ) -> GoingOn:
        """All of it; the web entrypoint enters it."""
        kinds = {
            BATCH: batches,
            "old batch results": results,
            VIDEO: videos,
            "old videos": old_videos,
        }
        return GoingOn(kinds, clock)
