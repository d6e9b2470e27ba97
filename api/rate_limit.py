"""At most so many messages a minute from one client (`LOTSE_RATE_LIMIT`); our own processes are not counted."""

import time

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from api.dependencies import BearerDependency, is_service
from api.problems import Problem
from api.settings import Settings


class MessageLimit:
    """Counts messages per client address, in memory or in Redis."""

    def __init__(self, settings: Settings) -> None:
        self._per_minute = settings.rate_limit
        self._limiter = MovingWindowRateLimiter(storage_from_string(settings.redis_url or "memory://"))

    def check(self, client: str) -> None:
        """Count one message; a 429 problem says when to try again."""
        if self._per_minute == 0:
            return
        item = RateLimitItemPerMinute(self._per_minute)
        if not self._limiter.hit(item, client):
            reset = self._limiter.get_window_stats(item, client).reset_time
            seconds = max(1, round(reset - time.time()))
            raise Problem(
                429,
                "too-many-messages",
                f"Das waren sehr viele Nachrichten. Bitte versuchen Sie es in {seconds} Sekunden noch einmal.",
                headers={"Retry-After": str(seconds)},
            )


def limit_messages(request: Request, token: BearerDependency) -> None:
    """Dependency of the calls that citizens could flood."""
    if is_service(token, request.app.state.settings):
        return
    request.app.state.message_limit.check(request.client.host if request.client else "unknown")
