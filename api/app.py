"""The hub's application: puts the rooms together, starts what they share, and answers whether it is ready."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio.to_thread
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

import api.accounts.routes
import api.appointments.routes
import api.console.knowledge
import api.console.routes
import api.conversations.routes
import api.handoff.routes
import api.inbox.routes
import api.knowledge.checklists
import api.knowledge.editor_routes
import api.knowledge.routes
import api.knowledge.worked_examples
import api.offices.routes
import api.pages.checklist
import api.pages.routes
import api.telephone.relay
import api.telephone.routes
from api import problems
from api.appointments import service as appointments
from api.appointments.spoken_codes import CodeLimit
from api.body_limit import BodyLimit
from api.conversations.rasa import RasaClient
from api.database import Database
from api.events import make_event_bus
from api.handoff.service import end_of_service, return_unanswered
from api.knowledge import gaps
from api.libraries import Libraries
from api.privacy.service import erase_expired
from api.rate_limit import MessageLimit
from api.settings import ROOT, Settings, get_settings
from api.telephone.service import wipe_ended_calls
from knowledge.tenants import load_tenants

log = structlog.get_logger()

THREADS = 64  # requests that wait for the database or the retrieval at the same time
MAINTENANCE_SECONDS = 60

PUBLIC_ROUTERS = (
    api.conversations.routes.router,
    api.knowledge.routes.router,
    api.knowledge.checklists.router,
    api.knowledge.worked_examples.router,
    api.knowledge.editor_routes.router,
    api.appointments.routes.router,
    api.appointments.routes.conversation_router,
    api.handoff.routes.router,
    api.handoff.routes.conversation_router,
    api.inbox.routes.router,
    api.offices.routes.router,
    api.telephone.routes.router,
    api.telephone.routes.conversation_router,
    api.accounts.routes.router,
)


def create_app(settings: Settings | None = None, libraries: Libraries | None = None) -> FastAPI:
    """The application with its own database, events and connection to the dialogue.

    The database must have been migrated (`python -m api.migrate`). `libraries` saves loading the knowledge again.
    """
    settings = settings or get_settings()
    app = FastAPIOffline(title="Lotse", version="0.1.0", lifespan=lifespan, redoc_url=None)
    app.state.settings = settings
    app.state.tenants = load_tenants(ROOT / "knowledge")
    app.state.database = Database(settings.database_url, make_event_bus(settings.redis_url))
    app.state.rasa = RasaClient(settings)
    app.state.message_limit = MessageLimit(settings)
    app.state.code_limit = CodeLimit(settings)
    app.state.libraries = libraries or Libraries(ROOT / "knowledge", settings.encoder, app.state.tenants)
    problems.install(app)
    app.add_middleware(BodyLimit)
    # The widget stands on any municipality's site. No cookie is ever sent there, so nothing signed in is exposed.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"],
        expose_headers=["Retry-After"],
        max_age=3600,
    )
    for router in PUBLIC_ROUTERS:
        app.include_router(router, prefix="/api/v1")
    app.include_router(api.telephone.routes.exchange_router)
    app.include_router(api.telephone.relay.router)
    app.include_router(api.pages.routes.router)
    app.include_router(api.pages.checklist.router)
    app.include_router(api.console.routes.router)
    app.include_router(api.console.knowledge.router)
    add_operation_routes(app)
    return app


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Start the periodic work; close connections at the end."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    libraries, database = app.state.libraries, app.state.database
    try:  # before the first request: what editors published belongs to the answers
        await asyncio.to_thread(libraries.follow_once, database)
    except Exception as error:
        log.error("knowledge_not_followed", error=str(error))
    tasks = [asyncio.create_task(keep_house(app)), asyncio.create_task(libraries.follow(database))]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await app.state.rasa.close()


async def keep_house(app: FastAPI) -> None:
    """Every minute: expired personal data, handoffs nobody answers, the change of day. Safe on several processes."""

    def erase() -> None:
        with app.state.database.write() as session:
            erase_expired(session, retention_days=app.state.settings.retention_days)
        with app.state.database.write() as session:
            appointments.erase_expired(session, retention_days=app.state.settings.retention_days)
        with app.state.database.write() as session:
            gaps.erase_expired(session, retention_days=app.state.settings.gap_retention_days)

    def wipe() -> None:
        with app.state.database.write() as session:
            wipe_ended_calls(session)

    def requeue() -> None:
        with app.state.database.write() as session:
            return_unanswered(session)
            end_of_service(session, app.state.tenants)

    jobs: tuple[Callable[[], None], ...] = (erase, wipe, requeue, app.state.libraries.reload_when_day_changed)
    while True:
        await asyncio.sleep(MAINTENANCE_SECONDS)
        for job in jobs:
            try:
                await run_in_threadpool(job)
            except Exception as error:  # one failing job must not stop the others, nor the next round
                log.error("maintenance_failed", job=job.__name__, exc_info=error)


def add_operation_routes(app: FastAPI) -> None:
    """`/healthz`, `/readyz`, `/metrics`."""

    @app.get("/healthz", include_in_schema=False)
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz(request: Request) -> JSONResponse:
        state = request.app.state
        failures = state.libraries.failures
        checks = {
            "knowledge": "outdated" if failures else "ok",
            "dialogue": "ok" if await state.rasa.ready() else "down",
        }
        try:
            await run_in_threadpool(state.database.ping)
            checks["database"] = "ok"
        except Exception as error:
            log.error("database_down", error=str(error))
            checks["database"] = "down"
        serving = checks["database"] == "ok"
        # Without the dialogue the hub still answers questions and takes messages: it stays in the load balancer.
        status = "ready" if set(checks.values()) == {"ok"} else "degraded" if serving else "down"
        details = {"details": {"knowledge": list(failures.values())}} if failures else {}
        return JSONResponse({"status": status, "checks": checks, **details}, status_code=200 if serving else 503)

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def serve() -> None:
    """Run the application on the configured port."""
    import uvicorn  # noqa: PLC0415  (only the server process needs it)

    settings = get_settings()
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        proxy_headers=True,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        timeout_graceful_shutdown=5,
        server_header=False,
    )


if __name__ == "__main__":
    Path(ROOT / "var").mkdir(exist_ok=True)
    serve()
