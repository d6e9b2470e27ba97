"""Templates of the console and how things are written in them: times, topics, text."""

from datetime import datetime
from pathlib import Path

import nh3
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from api import clock
from api.handoff.routing import team_name
from knowledge.tenants import Tenant

HERE = Path(__file__).parent

TOPICS = {
    "anspruch": "Anspruch",
    "antrag": "Antrag",
    "regelbedarf": "Regelbedarf",
    "mehrbedarf": "Mehrbedarf",
    "wohnen": "Wohnen",
    "sonderbedarf": "Sonderbedarf",
    "vermoegen": "Vermögen",
    "einkommen": "Einkommen",
    "arbeit": "Arbeit",
    "pflichten": "Pflichten",
    "kinder": "Kinder",
    "bescheid": "Bescheid",
    "service": "Service",
    "vor-ort": "Vor Ort",
}
CHANNELS = {"web": "Chat", "phone": "Telefon", "api": "Schnittstelle"}
ROLES = {"citizen": "Bürger:in", "bot": "Lotse (digitaler Assistent)", "caseworker": "Jobcenter", "system": "Hinweis"}
STATES = {
    "waiting": "wartet",
    "claimed": "im Gespräch",
    "closed": "beendet",
    "released": "zurück an Lotse",
    "withdrawn": "zurückgezogen",
}
CALL_STATES = {
    "ringing": "wird durchgestellt",
    "through": "durchgestellt",
    "failed": "nicht erreicht",
    "hung_up": "hat aufgelegt",
}
ITEM_STATES = {"new": "Neu", "in_progress": "In Arbeit", "done": "Erledigt"}
KINDS = {"message": "Nachricht", "callback": "Rückruf"}
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})
_ALLOWED_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a"}


def markdown(text: str) -> Markup:
    """An article's text as HTML; only what our own articles use gets through."""
    html = nh3.clean(
        _markdown.render(text),
        tags=_ALLOWED_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https", "http", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )
    return Markup(html)  # noqa: S704  (cleaned above)


def clock_time(moment: datetime) -> str:
    """`10:15`, with the day where it is not today."""
    moment = clock.local(moment)
    day = "" if moment.date() == clock.today() else f"{moment:%d.%m.} "
    return f"{day}{moment:%H:%M}"


def since(moment: datetime) -> str:
    """`seit 4 Min.`; the script keeps it running."""
    minutes = max(0, int((clock.now() - moment).total_seconds() // 60))
    if minutes < 1:
        return "gerade eben"
    if minutes < 60:
        return f"seit {minutes} Min."
    return f"seit {clock_time(moment)} Uhr"


def topic_name(tenant: Tenant, topic: str | None) -> str:
    """A topic or service in words."""
    if not topic:
        return ""
    service = tenant.service(topic)
    return service.name if service else TOPICS.get(topic, topic)


def web_link(url: str | None) -> str | None:
    """The address where it is one a browser may follow."""
    return url if url and url.startswith(("https://", "http://", "/")) else None


TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters.update(
    clock=clock_time, since=since, markdown=markdown, web_link=web_link, local=clock.local
)
TEMPLATES.globals.update(
    topic_name=topic_name,
    team_name=team_name,
    CHANNELS=CHANNELS,
    ROLES=ROLES,
    STATES=STATES,
    CALL_STATES=CALL_STATES,
    ITEM_STATES=ITEM_STATES,
    KINDS=KINDS,
)
