"""Where Claude Code works: whose folder it is, who may use it when, and what is remembered."""

from pathlib import Path

import pytest

from adapters.claude_code.workplace import workplace
from domain.errors import InvalidRequest
from domain.ids import ConversationId, UserId
from domain.turn.prompt import Origin

TALK = ConversationId("1f0e2d3c-0000-4000-8000-00000000000a")
ANNA = Origin(UserId(1), TALK)


def folder(root: Path, conversation: str, user: int = 1) -> Path:
    with workplace(root, Origin(UserId(user), ConversationId(conversation))) as place:
        return place.folder


def test_a_session_is_remembered_where_it_was_begun(tmp_path: Path) -> None:
    with workplace(tmp_path, ANNA) as place:
        assert not place.knows("s-1")
        place.remember("s-1")
        place.remember("s-2")
        place.remember("s-1")
    with workplace(tmp_path, ANNA) as place:
        assert place.knows("s-1")
        assert place.knows("s-2")
        assert not place.knows("s")
        assert not place.knows("")
    with workplace(tmp_path, Origin(UserId(2), TALK)) as place:
        assert not place.knows("s-1")


def test_a_session_may_be_forgotten(tmp_path: Path) -> None:
    with workplace(tmp_path, ANNA) as place:
        place.remember("a-long-one")
        place.remember("s-2")
        place.forget("a-long-one")
        place.forget("never-known")
        assert not place.knows("a-long-one")
    with workplace(tmp_path, ANNA) as place:
        assert place.knows("s-2")


def test_a_folder_in_use_is_not_given_twice(tmp_path: Path) -> None:
    with workplace(tmp_path, ANNA):
        with pytest.raises(InvalidRequest), workplace(tmp_path, ANNA):
            pass
        with workplace(tmp_path, Origin(UserId(2), TALK)):
            pass
    with workplace(tmp_path, ANNA):
        pass


@pytest.mark.parametrize(
    "conversation",
    [
        TALK,
        "..",
        ".",
        "../2/secret",
        "/etc",
        "a/b",
        "a\x00b",
        "Ünï",
        "\ud83d",
        "x" * 300,
        f"{TALK}.sessions",
        "once-1",
    ],
)
def test_every_folder_is_right_in_its_users_own(tmp_path: Path, conversation: str) -> None:
    found = folder(tmp_path, conversation)
    assert found.is_dir()
    assert found.resolve().parent == tmp_path.resolve() / "1"


def test_ids_that_differ_have_folders_that_differ(tmp_path: Path) -> None:
    ids = ["abc", "ABC", "abC", "a-bc", "a_bc", "a/bc", TALK, TALK.upper()]
    names = [folder(tmp_path, one).name for one in ids]
    # On file systems that ignore case, too.
    assert len({name.lower() for name in names}) == len(ids)


def test_instructions_are_there_while_the_place_is_open_only(tmp_path: Path) -> None:
    with workplace(tmp_path, ANNA) as place:
        file = place.instruct("Be brief. ☕")
        assert file.read_text("utf-8") == "Be brief. ☕"
        assert file.stat().st_mode & 0o777 == 0o600
        assert place.folder not in file.parents
    assert not file.exists()


def test_a_planted_link_does_not_lead_instructions_elsewhere(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    with workplace(tmp_path / "root", ANNA) as place:
        place.folder.with_name(f"{TALK}.instructions").symlink_to(target)
        place.instruct("Be brief.")
    assert target.read_text() == "mine"
    assert (tmp_path / "root" / "1" / TALK).is_dir()


def test_nothing_is_left_of_a_question_that_is_not_kept(tmp_path: Path) -> None:
    for origin in (None, Origin(UserId(1))):
        with workplace(tmp_path, origin) as place:
            (place.folder / "a.txt").write_text("x")
            place.instruct("Be brief.")
            place.remember("s-1")
            assert not place.knows("s-1")
        assert [*place.folder.parent.iterdir()] == []
