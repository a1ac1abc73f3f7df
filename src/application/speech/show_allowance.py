"""How much of an account at a speech provider is used."""

from collections.abc import Mapping

from application.ports.speech import Allowance, AllowanceBook
from application.speech.choose_voice import ChooseVoice
from domain.provider_errors import ProviderRejected
from domain.speech.orders import VoiceWish


class ShowAllowance:
    """The account is the server's, and shared by its users."""

    def __init__(self, choose: ChooseVoice, books: Mapping[str, AllowanceBook]) -> None:
        self._choose = choose
        self._books = books

    async def __call__(self, wish: VoiceWish) -> Allowance:
        """Return it for the provider that would speak.

        Raises:
            NotConfigured: the server knows no such provider, or its key is missing.
            ProviderError: the provider has no such thing, cannot be reached, or refuses.
        """
        provider = self._choose.provider(wish)
        book = self._books.get(provider)
        if book is None:
            raise ProviderRejected(provider, f"{provider} does not tell what an account has used")
        return await book.allowance()
