"""System prompts by character."""

from application.chat.characters import SHIPPED, Characters


def test_shipped_characters() -> None:
    characters = Characters()
    assert characters.system_prompt("assistant", as_agent=False) == SHIPPED["assistant"]
    assert "JSON" in characters.system_prompt("flowstudio_clarification", as_agent=False)


def test_an_unknown_character_speaks_as_the_assistant() -> None:
    assert Characters().system_prompt("nobody", as_agent=True) == SHIPPED["assistant"]


def test_the_operator_adds_and_replaces() -> None:
    own = {"assistant": "Mine.", "bugsy": "Bugs.", "bugsy_ai_agent": "Agent."}
    characters = Characters(own)
    assert characters.system_prompt("nobody", as_agent=False) == "Mine."
    assert characters.system_prompt("bugsy", as_agent=False) == "Bugs."
    assert characters.system_prompt("bugsy", as_agent=True) == "Agent."
    assert characters.system_prompt("assistant", as_agent=True) == "Mine."


def test_an_empty_template_means_no_system_prompt() -> None:
    assert Characters({"silent": ""}).system_prompt("silent", as_agent=False) == ""
