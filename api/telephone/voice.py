"""The voice process as the hub sees it: it holds the calls and can put them through."""

import httpx
import structlog

from api.problems import Problem
from api.settings import Settings

log = structlog.get_logger()

PATIENCE_SECONDS = 10.0


async def put_through(settings: Settings, *, call: str, target: str, attended: bool) -> None:
    """Have a call put through (`call`: id of its conversation); how it went is reported as a transfer's result.

    404, 409 and 503 problems say why it cannot even be tried.
    """
    try:
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as client:
            answer = await client.post(
                f"{settings.voice_address}/calls/{call}/transfer",
                json={"target": target, "attended": attended},
                headers={"Authorization": f"Bearer {settings.service_token}"},
            )
    except httpx.HTTPError as error:
        log.warning("voice_unavailable", error=type(error).__name__)
        raise Problem(503, "voice-away", "Die Telefonanlage antwortet gerade nicht.") from error
    if answer.is_success:
        return
    log.warning("transfer_refused", status=answer.status_code)
    if answer.status_code == 404:
        raise Problem(404, "call-over", "Diesen Anruf gibt es nicht mehr: Es wurde schon aufgelegt.")
    if answer.status_code == 409:
        raise Problem(409, "not-put-through", "Der Anruf ließ sich nicht durchstellen. Er ist noch bei Lotse.")
    raise Problem(503, "voice-away", "Die Telefonanlage antwortet gerade nicht.")
