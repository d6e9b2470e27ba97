"""The language of a conversation: chosen by the citizen, or noticed in what they write; and replies said in it.

Somebody who writes in another language is answered in it at once, with the way back to German beside it: asking first
would cost a turn from those who have the least patience left. What was chosen is never changed by what is noticed.
"""

from sqlalchemy.orm import Session

from api.conversations.models import Conversation
from api.conversations.schemas import Choice, Reply
from api.conversations.service import get_conversation
from api.languages.catalog import GERMAN, NAMES, locale_of, translated
from api.languages.detection import language_of
from api.problems import Problem
from knowledge.library import Library

SWITCHED = "Ich antworte jetzt auf Deutsch. Rechtlich gilt immer der deutsche Text. Womit kann ich helfen?"
BACK_TO_GERMAN = "Auf Deutsch weiter"


def choose(session: Session, conversation_id: str, language: str) -> None:
    """The citizen wants this language from now on."""
    if language not in NAMES:
        raise Problem(422, "unknown-language", "Diese Sprache gibt es hier nicht.")
    conversation = get_conversation(session, conversation_id)
    conversation.language, conversation.language_chosen = language, True


def notice(conversation: Conversation, text: str) -> bool:
    """Follow the language somebody writes in, where they have chosen none. True where it changed.

    A call stays German: neither recogniser nor voice knows another language.
    """
    if conversation.channel == "phone" or conversation.language_chosen:
        return False
    written = language_of(text)
    if written in (None, GERMAN, conversation.language):
        return False
    conversation.language = str(written)
    return True


def switched(language: str) -> Reply:
    """Says that the language has changed, with the way back."""
    german = Choice(title=BACK_TO_GERMAN, payload=f'/change_language{{"language":"{GERMAN}"}}')
    return Reply(text=translated(SWITCHED, language), choices=[german])


def in_language(reply: Reply, language: str, tenant: str) -> Reply:
    """A reply with its sentence and its choices in the language, as far as they are in the catalog.

    The dialogue fills its own placeholders; what it says by rule and the titles of all choices are German until here.
    """
    if language == GERMAN:
        return reply
    choices = [
        choice.model_copy(update={"title": translated(choice.title, language, tenant)}) for choice in reply.choices
    ]
    return reply.model_copy(update={"text": translated(reply.text, language, tenant), "choices": choices})


def german_marked(reply: Reply, language: str, library: Library) -> Reply:
    """Where an answer is there in German only, say from which paragraph on: it is read out by another voice."""
    article = library.article(reply.article) if reply.article else None
    if locale_of(language) == GERMAN or article is None:
        return reply
    before, german, _ = reply.text.partition(article.text.strip())
    if not german:
        return reply
    return reply.model_copy(update={"data": {**(reply.data or {}), "german_from": before.count("\n\n")}})
