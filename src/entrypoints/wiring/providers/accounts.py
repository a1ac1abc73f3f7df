"""Users: who they are, what proves it, and how they are forgotten."""

from dishka import Provider, Scope, provide  # pyright: ignore[reportUnknownVariableType] - dishka's own

from adapters.claude_code.folders import ClaudeCodeFolders
from application.accounts.add_user import AddUser
from application.accounts.attempts import Attempts
from application.accounts.change_password import ChangePassword
from application.accounts.confirm_password import ConfirmPassword
from application.accounts.delete_account import DeleteAccount, DeleteOwnAccount
from application.accounts.first_login import OfferFirstLogin
from application.accounts.identify import Identify
from application.accounts.log_in import LogIn
from application.accounts.log_out_everywhere import LogOutEverywhere
from application.accounts.set_password import SetPassword
from application.accounts.token_versions import TokenVersions
from application.accounts.traces import UserRows, UserTurns
from application.batch.forget import UserBatches
from application.chat.prepared import PreparedAttachments
from application.files.user_files import UserFiles
from application.media.user_videos import UserVideos
from application.ports.personal_data import Remains
from application.ports.rate_limits import RateLimits
from application.ports.unit_of_work import UnitOfWork
from entrypoints.wiring.settings import Settings


class AccountsProvider(Provider):
    """One of each serves the process: what `TokenVersions` knows must be known to all."""

    scope = Scope.APP

    add_user = provide(AddUser)
    set_password = provide(SetPassword)
    offer_first_login = provide(OfferFirstLogin)
    log_in = provide(LogIn)
    identify = provide(Identify)
    token_versions = provide(TokenVersions)
    confirm_password = provide(ConfirmPassword)
    change_password = provide(ChangePassword)
    log_out_everywhere = provide(LogOutEverywhere)
    delete_own_account = provide(DeleteOwnAccount)
    user_turns = provide(UserTurns)
    user_rows = provide(UserRows)

    @provide
    def attempts(self, limits: RateLimits, settings: Settings) -> Attempts:
        """As many as the operator allows."""
        return Attempts(limits, settings.login_attempts)

    @provide
    def claude_code_folders(self, settings: Settings) -> ClaudeCodeFolders:
        """Where the model works."""
        return ClaudeCodeFolders(settings.data_dir / "claude_code")

    @provide
    def delete_account(
        self,
        work: UnitOfWork,
        versions: TokenVersions,
        turns: UserTurns,
        batches: UserBatches,
        videos: UserVideos,
        folders: ClaudeCodeFolders,
        files: UserFiles,
        prepared: PreparedAttachments,
        attempts: Attempts,
        rows: UserRows,
        remains: Remains,
    ) -> DeleteAccount:
        """Every place that holds personal data. Whoever makes a new one adds it here."""
        # Again once the rows are gone: until its socket is closed, a client may begin a turn.
        beside = (turns, batches, videos, folders, files, prepared, attempts)
        return DeleteAccount(work, versions, (*beside, rows, *beside, remains))
