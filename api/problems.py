"""Errors as RFC 9457 problem documents with a German sentence a citizen can read."""

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

log = structlog.get_logger()

TITLES = {
    400: "Ungültige Anfrage",
    401: "Anmeldung nötig",
    403: "Nicht erlaubt",
    404: "Nicht gefunden",
    405: "Nicht möglich",
    409: "Nicht mehr möglich",
    410: "Abgelaufen",
    412: "Inzwischen geändert",
    413: "Zu groß",
    415: "Falsches Format",
    422: "Eingabe prüfen",
    429: "Zu viele Anfragen",
    500: "Technischer Fehler",
    503: "Vorübergehend nicht möglich",
}
DETAILS = {
    400: "Ihre Anfrage ist nicht lesbar. Bitte versuchen Sie es noch einmal.",
    401: "Bitte melden Sie sich an.",
    403: "Das dürfen Sie hier nicht.",
    404: "Das gibt es hier nicht.",
    405: "Das geht auf diesem Weg nicht.",
    413: "Ihre Eingabe ist zu groß.",
    415: "Dieses Format wird nicht angenommen.",
    422: "Bitte prüfen Sie Ihre Eingabe.",
    500: "Es ist ein technischer Fehler passiert. Bitte versuchen Sie es später noch einmal.",
    503: "Das geht gerade nicht. Bitte versuchen Sie es in einigen Minuten noch einmal.",
}

# German sentences for pydantic's error types that a form can meet.
FIELD_SENTENCES = {
    "missing": "Diese Angabe fehlt.",
    "string_too_long": "Der Text ist zu lang: höchstens {max_length} Zeichen.",
    "string_too_short": "Der Text ist zu kurz.",
    "string_type": "Hier wird Text erwartet.",
    "literal_error": "Dieser Wert ist nicht erlaubt.",
    "enum": "Dieser Wert ist nicht erlaubt.",
    "json_invalid": "Die Anfrage ist kein gültiges JSON.",
    "datetime_from_date_parsing": "Bitte geben Sie ein gültiges Datum an.",
    "date_from_datetime_parsing": "Bitte geben Sie ein gültiges Datum an.",
    "date_parsing": "Bitte geben Sie ein gültiges Datum an.",
    "datetime_parsing": "Bitte geben Sie einen gültigen Zeitpunkt an.",
    "timezone_aware": "Bitte geben Sie die Zeitzone mit an.",
    "bool_parsing": "Bitte geben Sie Ja oder Nein an.",
    "extra_forbidden": "Diese Angabe ist hier nicht vorgesehen.",
}


class Problem(Exception):
    """An error with status, stable identifier and the German sentence a person reads.

    `identifier` is stable and short (`slot-gone`); `extra` adds members to the document; `headers` go on the response.
    """

    def __init__(
        self,
        status: int,
        identifier: str,
        detail: str,
        *,
        title: str | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.identifier = identifier
        self.detail = detail
        self.title = title or TITLES.get(status, "Fehler")
        self.headers = headers
        self.extra = extra

    def response(self) -> JSONResponse:
        """The problem document."""
        return JSONResponse(
            jsonable_encoder(
                {
                    "type": f"urn:lotse:problem:{self.identifier}",
                    "title": self.title,
                    "status": self.status,
                    "detail": self.detail,
                    **self.extra,
                }
            ),
            status_code=self.status,
            media_type="application/problem+json",
            headers=self.headers,
        )


def install(app: FastAPI) -> None:
    """Every error of the app leaves as a problem document, never as a stack trace."""

    @app.exception_handler(Problem)
    async def on_problem(_request: Request, problem: Problem) -> JSONResponse:
        return problem.response()

    @app.exception_handler(HTTPException)
    async def on_http(_request: Request, error: HTTPException) -> JSONResponse:
        detail = DETAILS.get(error.status_code, DETAILS[400])
        return Problem(error.status_code, f"http-{error.status_code}", detail, headers=error.headers).response()

    @app.exception_handler(RequestValidationError)
    async def on_validation(_request: Request, error: RequestValidationError) -> JSONResponse:
        fields = [_field(item) for item in error.errors()]
        return Problem(422, "invalid-input", fields[0]["detail"] if len(fields) == 1 else DETAILS[422],
                       errors=fields).response()

    @app.exception_handler(UnicodeDecodeError)
    async def on_encoding(_request: Request, _error: UnicodeDecodeError) -> JSONResponse:
        return Problem(400, "invalid-encoding", "Ihre Anfrage ist kein gültiges UTF-8.").response()

    @app.exception_handler(DBAPIError)
    async def on_database(_request: Request, error: DBAPIError) -> JSONResponse:
        log.error("database_error", error=str(error.orig))
        return Problem(503, "database", DETAILS[503], headers={"Retry-After": "30"}).response()

    @app.exception_handler(Exception)
    async def on_anything(_request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected_error", exc_info=error)
        return Problem(500, "unexpected", DETAILS[500]).response()


def _field(error: Mapping[str, Any]) -> dict[str, str]:
    sentence = FIELD_SENTENCES.get(error["type"])
    if error["type"] == "value_error":
        sentence = str(error.get("ctx", {}).get("error", "")) or None
    sentence = (sentence or "Diese Angabe ist ungültig.").format_map(
        {"max_length": "", **(error.get("ctx") or {})}
    )
    return {"field": ".".join(str(part) for part in error["loc"][1:]), "detail": sentence}
