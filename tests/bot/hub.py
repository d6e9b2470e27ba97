"""A small hub for the bot's tests: a real HTTP server that speaks the calls the bot makes, and nothing else.

It keeps its state in memory, takes sites and services from the example municipality, and can be told to fail for some
calls (`failing`), to have lost a slot (`taken`) or to have nobody in (`staffed`).
"""

from __future__ import annotations

import itertools
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from aiohttp import web

from tests.bot import hub_office

BERLIN = ZoneInfo("Europe/Berlin")
TENANT = yaml.safe_load((Path(__file__).parents[2] / "knowledge/tenants/musterkreis/tenant.yml").read_text("utf-8"))
WEEKDAYS = ("mo", "di", "mi", "do", "fr", "sa", "so")
TOKEN = "token-of-the-tests"

ARTICLES: dict[str, dict[str, Any]] = {
    "unterlagen-erstantrag": {
        "title": "Welche Unterlagen brauche ich für den Antrag?",
        "topic": "antrag",
        "words": ("mitbringen", "unterlagen brauche", "papiere"),
        "text": "Bitte bringen Sie Ihren Ausweis, den Mietvertrag und die Kontoauszüge mit.",
        "next_steps": [
            {"kind": "service", "id": "erstantrag", "title": "Antrag stellen (Erstgespräch)", "url": None},
            {"kind": "form", "id": "hauptantrag", "title": "Hauptantrag", "url": "https://musterkreis.example/h.pdf"},
        ],
    },
    "miete-karenzzeit": {
        "title": "Zahlt das Jobcenter am Anfang meine ganze Miete?",
        "topic": "wohnen",
        "words": ("miete", "karenz"),
        "text": "Im ersten Jahr kann das Jobcenter die tatsächliche Miete übernehmen.",
        "next_steps": [{"kind": "article", "id": "miete-zu-hoch", "title": "Was ist, wenn meine Miete zu hoch ist?"}],
    },
    "miete-zu-hoch": {
        "title": "Was ist, wenn meine Miete zu hoch ist?",
        "topic": "wohnen",
        "words": ("miete",),
        "text": "Das Jobcenter kann verlangen, dass Sie die Kosten senken.",
        "next_steps": [],
    },
    "oeffnungszeiten": {
        "title": "Wann ist das Jobcenter geöffnet?",
        "topic": "service",
        "words": ("geöffnet", "öffnungszeit", "offen", "auf"),
        "text": "Montags und dienstags von 8 bis 12 Uhr und von 13 bis 15:30 Uhr.",
        "next_steps": [],
    },
    "beschwerde": {
        "title": "Wie kann ich mich beschweren?",
        "topic": "service",
        "words": ("beschwer",),
        "text": "Sie können sich schriftlich oder persönlich beschweren.",
        "next_steps": [],
    },
    "zustaendiges-jobcenter": {
        "title": "Welches Jobcenter ist für mich zuständig?",
        "topic": "service",
        "words": ("zuständig",),
        "text": "Zuständig ist das Jobcenter an dem Ort, an dem Sie gewöhnlich leben.",
        "next_steps": [],
    },
    "vermieter-auskunft": {
        "title": "Ich bin Vermieter. Bekomme ich die Miete direkt vom Jobcenter?",
        "topic": "service",
        "words": ("vermieter",),
        "text": "Ja, wenn Ihr Mieter das beim Jobcenter beantragt.",
        "next_steps": [],
    },
    "stromschulden": {
        "title": "Was tun bei Stromschulden?",
        "topic": "wohnen",
        "words": ("strom",),
        "text": "Das Jobcenter kann Stromschulden als Darlehen übernehmen.",
        "next_steps": [],
    },
}


class Hub:
    """State and routes. `address` is set once it listens."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.address = ""
        self.reset()

    def reset(self) -> None:
        self._numbers = itertools.count(1)
        self.appointments: dict[str, dict[str, Any]] = {}
        self.inbox: list[dict[str, Any]] = []
        self.handoffs: list[dict[str, Any]] = []
        self.withdrawn = 0
        self.searches: list[tuple[str, str]] = []
        self.taken: set[str] = set()
        self.failing: set[str] = set()
        self.staffed = True
        self.code_tries = 0
        self.checklists: list[dict[str, str]] = []
        self.examples: list[dict[str, Any]] = []
        self.amounts = "there"

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/api/v1/knowledge/search", self.search),
                web.get("/api/v1/knowledge/articles/{id}", self.article),
                web.get("/api/v1/knowledge/checklist", self.checklist),
                web.post("/api/v1/knowledge/worked-example", self.worked_example),
                web.get("/api/v1/sites", self.sites),
                web.get("/api/v1/services", self.services),
                web.get("/api/v1/offices", self.offices),
                web.get("/api/v1/forms", self.forms),
                web.get("/api/v1/appointments/slots", self.slots),
                web.post("/api/v1/appointments", self.book),
                web.post("/api/v1/appointments/find", self.find),
                web.get("/api/v1/appointments/{id}", self.one),
                web.patch("/api/v1/appointments/{id}", self.move),
                web.delete("/api/v1/appointments/{id}", self.cancel),
                web.get("/api/v1/conversations/{id}/appointments", self.of_conversation),
                web.post("/api/v1/conversations/{id}/handoff", self.handoff),
                web.delete("/api/v1/conversations/{id}/handoff", self.withdraw),
                web.post("/api/v1/inbox", self.leave),
            ]
        )
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _problem(401, "Bitte melden Sie sich an.")
        call = f"{request.method} {request.path.removeprefix('/api/v1')}"
        if any(call.startswith(failing) for failing in self.failing):
            return _problem(503, "Das geht gerade nicht.")
        response: web.StreamResponse = await handler(request)
        return response

    # --- knowledge

    async def search(self, request: web.Request) -> web.Response:
        question = request.query["q"]
        self.searches.append((request.query["tenant"], question))
        said = question.lower()
        hits = [_hit(name, entry) for name, entry in ARTICLES.items() if any(word in said for word in entry["words"])]
        decision = "abstain" if not hits else "answer" if len(hits) == 1 else "clarify"
        confidence = {"answer": 0.91, "clarify": 0.55, "abstain": 0.12}[decision]
        return web.json_response({"decision": decision, "confidence": confidence, "hits": hits})

    async def article(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        if name not in ARTICLES:
            return _problem(404, "Diesen Artikel gibt es nicht.")
        return web.json_response(_hit(name, ARTICLES[name]) | {"topic": ARTICLES[name]["topic"]})

    async def checklist(self, request: web.Request) -> web.Response:
        self.checklists.append({key: value for key, value in request.query.items() if key not in ("tenant", "limit")})
        form = {"id": "hauptantrag", "title": "Hauptantrag", "url": "https://musterkreis.example/h.pdf", "online": None}
        texts = ["Ausweis oder Pass", "Hauptantrag", "Mietvertrag", "Kontoauszüge"]
        whens: list[list[str]] = [[], [], ["falls Sie zur Miete wohnen"], []]
        items = [
            {"id": f"i{number}", "text": text, "when": when, "why": None, "citation": None, "article": None,
             "form": form if text == "Hauptantrag" else None}
            for number, (text, when) in enumerate(zip(texts, whens, strict=True))
        ]  # fmt: skip
        return web.json_response(
            {
                "day": "2026-11-21",
                "groups": [{"id": "papers", "title": "Antrag und Ausweis", "items": items}],
                "more": 2,
                "page_url": f"{self.address}/checkliste?tenant=musterkreis",
                "text_url": f"{self.address}/checkliste.txt?tenant=musterkreis",
                "hint": "Fehlt etwas? Reichen Sie es nach.",
            }
        )

    async def worked_example(self, request: web.Request) -> web.Response:
        """`amounts`: "missing" where today has none; a total that is the number of figures, enough to tell it came."""
        body = await request.json()
        self.examples.append(body)
        if self.amounts == "missing":
            return _problem(409, "Für das heutige Datum fehlt mir ein Betrag. Deshalb rechne ich nichts aus.")
        wages = body["adults"]
        if any(one["net"] and one["gross"] and float(one["net"]) > float(one["gross"]) for one in wages):
            return _problem(422, "Netto kann nicht mehr sein als brutto.")
        zero = any(float(one["gross"] or 0) >= 3000 for one in wages)
        citation = {
            "label": "§ 11b SGB II", "title": "Absetzbeträge", "as_of": "2026-08-19",
            "url": "https://www.gesetze-im-internet.de/sgb_2/__11b.html",
        }  # fmt: skip
        names = (("need", "Regelbedarf"), ("need", "Miete"), ("need", "Bedarf zusammen"), ("income", "Lohn"),
                 ("income", "Frei bleibt"), ("result", "Beispiel für einen Monat"))  # fmt: skip
        steps = [
            {"id": f"s{number}" if section != "result" else "total", "section": section, "label": label,
             "amount": "100.00", "written": "100 Euro", "is_sum": "zusammen" in label, "citation": citation}
            for number, (section, label) in enumerate(names)
        ]  # fmt: skip
        notes = [{"id": "costs_nothing", "text": "Ein Antrag kostet nichts.", "citation": citation, "article": None}]
        services = [{"kind": "service", "id": "erstantrag", "title": "Antrag stellen (Erstgespräch)", "url": None}]
        more = [{"kind": "article", "id": "wohngeld", "title": "Ist Wohngeld besser?", "url": None}] if zero else []
        return web.json_response(
            {
                "decision": False,
                "day": "2026-11-21",
                "total": "0.00" if zero else "591.00",
                "written": "0 Euro" if zero else "591 Euro",
                "steps": steps,
                "notes": notes,
                "next_steps": [*services, *more],
            }  # fmt: skip
        )

    # --- appointments

    async def sites(self, _: web.Request) -> web.Response:
        return web.json_response(
            [
                {
                    "id": site["id"],
                    "name": site["name"],
                    "address": site["address"],
                    "postcode": site["postcodes"][0],
                    "phone": site["phone"],
                    "hours": [],
                    "accessibility": site["accessibility"],
                }
                for site in TENANT["sites"]
            ]
        )

    async def services(self, _: web.Request) -> web.Response:
        kept = ("id", "name", "description", "duration_minutes", "sites", "bring")
        return web.json_response([{key: service[key] for key in kept} for service in TENANT["services"]])

    async def offices(self, request: web.Request) -> web.Response:
        query = request.query
        return web.json_response(hub_office.offices(TENANT, query.get("place"), query.get("topic"), self.now))

    async def forms(self, request: web.Request) -> web.Response:
        return web.json_response(hub_office.forms(TENANT, request.query.get("q", "")))

    async def slots(self, request: web.Request) -> web.Response:
        query = request.query
        first, last = (date.fromisoformat(query[key][:10]) for key in ("from", "to"))
        found = self.free(query["service"], query.get("site"), first, last)
        return web.json_response(found[: int(query.get("limit", 200))])

    def free(self, service_id: str, site_id: str | None, first: date, last: date) -> list[dict[str, str]]:
        service = next(entry for entry in TENANT["services"] if entry["id"] == service_id)
        length = timedelta(minutes=service["duration_minutes"])
        found = []
        for site in TENANT["sites"]:
            if site["id"] not in service["sites"] or (site_id and site["id"] != site_id):
                continue
            day = max(first, self.now.date())
            while day <= min(last, self.now.date() + timedelta(days=60)):
                for opening in site["hours"]:
                    if WEEKDAYS[day.weekday()] in opening["weekdays"]:
                        found += self._grid(site["id"], day, opening, length)
                day += timedelta(days=1)
        return sorted(found, key=lambda slot: (slot["starts_at"], slot["site"]))

    def _grid(self, site: str, day: date, opening: dict[str, Any], length: timedelta) -> list[dict[str, str]]:
        moment = datetime.combine(day, time.fromisoformat(opening["opens"]), BERLIN)
        closes = datetime.combine(day, time.fromisoformat(opening["closes"]), BERLIN)
        found = []
        booked = {(one["site"], one["starts_at"]) for one in self.appointments.values()}
        while moment + length <= closes:
            starts_at = moment.isoformat()
            if (
                moment > self.now + timedelta(hours=2)
                and starts_at not in self.taken
                and (site, starts_at) not in booked
            ):
                found.append({"starts_at": starts_at, "ends_at": (moment + length).isoformat(), "site": site})
            moment += timedelta(minutes=15)
        return found

    def _alternatives(self, service: str, site: str, starts_at: str) -> list[dict[str, str]]:
        day = datetime.fromisoformat(starts_at).date()
        return self.free(service, site, day, day + timedelta(days=7))[:3]

    def _is_free(self, service: str, site: str, starts_at: str) -> bool:
        day = datetime.fromisoformat(starts_at).date()
        return any(slot["starts_at"] == starts_at for slot in self.free(service, site, day, day))

    async def book(self, request: web.Request) -> web.Response:
        body = await request.json()
        if not self._is_free(body["service"], body["site"], body["starts_at"]):
            return _problem(
                409,
                "Diese Zeit ist leider gerade vergeben worden.",
                alternatives=self._alternatives(body["service"], body["site"], body["starts_at"]),
            )
        number = next(self._numbers)
        length = next(entry["duration_minutes"] for entry in TENANT["services"] if entry["id"] == body["service"])
        booked = body | {
            "id": f"t{number}",
            "code": f"MK-{number:04d}",
            "spoken_code": f"47{number:02d}",
            "token": f"key{number}",
            "ends_at": (datetime.fromisoformat(body["starts_at"]) + timedelta(minutes=length)).isoformat(),
            "manage_url": f"{self.address}/termin/t{number}?token=key{number}",
            "ics_url": f"{self.address}/api/v1/appointments/t{number}.ics?token=key{number}",
        }
        self.appointments[booked["id"]] = booked
        return web.json_response(booked, status=201)

    async def find(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.code_tries += 1
        if self.code_tries > 3:
            return _problem(429, "Das waren zu viele Versuche.")
        for one in self.appointments.values():
            if one["spoken_code"] == body["code"] and one["name"].split()[-1].lower() in body["name"].lower():
                return web.json_response(one)
        return _problem(404, "Zu diesem Code und Namen gibt es keinen Termin.")

    async def one(self, request: web.Request) -> web.Response:
        found = self.appointments.get(request.match_info["id"])
        return web.json_response(found) if found else _problem(404, "Diesen Termin gibt es nicht.")

    async def move(self, request: web.Request) -> web.Response:
        found = self.appointments[request.match_info["id"]]
        body = await request.json()
        site = body.get("site") or found["site"]
        if not self._is_free(found["service"], site, body["starts_at"]):
            return _problem(
                409,
                "Diese Zeit ist leider gerade vergeben worden.",
                alternatives=self._alternatives(found["service"], site, body["starts_at"]),
            )
        found |= {"starts_at": body["starts_at"], "site": site}
        return web.json_response(found)

    async def cancel(self, request: web.Request) -> web.Response:
        del self.appointments[request.match_info["id"]]
        return web.Response(status=204)

    async def of_conversation(self, request: web.Request) -> web.Response:
        mine = [one for one in self.appointments.values() if one.get("conversation") == request.match_info["id"]]
        hidden = ("token", "manage_url", "ics_url")
        return web.json_response(
            [
                {key: value for key, value in one.items() if key not in hidden}
                for one in sorted(mine, key=lambda one: str(one["starts_at"]))
            ]
        )

    # --- people

    async def handoff(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.handoffs.append(body | {"conversation": request.match_info["id"]})
        if not self.staffed:
            return web.json_response(
                {
                    "available": False,
                    "reason": "out_of_hours",
                    "opens_at": "2026-11-23T08:00:00+01:00",
                    "message": "Im Moment ist kein Mensch im Chat. Wir sind wieder da: am Montag ab 8 Uhr.",
                    "spoken": "Im Moment ist niemand erreichbar. Wir sind wieder da: am Montag ab 8 Uhr.",
                }
            )
        return web.json_response(
            {
                "available": True,
                "state": "waiting",
                "position": 2,
                "estimated_wait_minutes": 6,
                "message": "Wir holen einen Menschen dazu. Sie sind an Platz 2. Es dauert etwa 6 Minuten.",
                "spoken": "Ich hole einen Menschen dazu. Sie sind an Platz 2. Es dauert etwa 6 Minuten.",
            }
        )

    async def withdraw(self, _: web.Request) -> web.Response:
        self.withdrawn += 1
        return web.Response(status=204)

    async def leave(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.inbox.append(body)
        return web.json_response({"receipt": f"M-2026-{len(self.inbox):04d}F", "kind": body["kind"]}, status=201)


def _hit(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "article": name,
        "title": entry["title"],
        "text": entry["text"],
        "spoken": entry["text"],
        "easy": entry["text"],
        "citations": [
            {
                "label": "§ 22 SGB II",
                "title": "Bedarfe für Unterkunft und Heizung",
                "url": "https://www.gesetze-im-internet.de/sgb_2/__22.html",
                "as_of": "2026-07-01",
            }
        ],
        "next_steps": entry["next_steps"],
        "score": 0.9,
    }


def _problem(status: int, detail: str, **extra: Any) -> web.Response:
    return web.json_response(
        {"type": "about:blank", "title": "Fehler", "status": status, "detail": detail, **extra},
        status=status,
        content_type="application/problem+json",
    )
