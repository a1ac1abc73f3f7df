"""The clips that an account has under way when it ends."""

from application.media.videos import Videos
from application.ports.personal_data import PersonalData
from domain.account import Account


class UserVideos(PersonalData):
    """What is still being made; what was made is among the user's files."""

    def __init__(self, videos: Videos) -> None:
        self._videos = videos

    async def forget(self, account: Account) -> None:
        """Stop it.

        Raises:
            StorageError: some may go on.
        """
        await self._videos.forget(account.id)
