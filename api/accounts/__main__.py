"""Accounts from the command line: `python -m api.accounts create|list|password|close|open`.

    python -m api.accounts create mueller --name "Frau Müller" --role caseworker --team leistung
    python -m api.accounts password mueller
    python -m api.accounts list

Passwords are asked for, or made and printed once where nothing is typed.
"""

import argparse
import getpass
import sys
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.accounts import service
from api.accounts.models import Account
from api.accounts.passwords import MIN_LENGTH, new_password
from api.database import Database
from api.events import make_event_bus
from api.settings import ROOT, get_settings
from knowledge.tenants import Tenant, load_tenants


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    settings = get_settings()
    options = parser(settings.tenant).parse_args(arguments)
    tenants = load_tenants(ROOT / "knowledge")
    if options.tenant not in tenants:
        print(f"Unbekannte Kommune: {options.tenant}. Es gibt: {', '.join(tenants)}.", file=sys.stderr)
        return 2
    database = Database(settings.database_url, make_event_bus(None))
    try:
        if options.run in {create, password}:  # before the transaction: nobody else can write while it is open
            options.password = ask_password()
        with database.write() as session:
            options.run(session, tenants[options.tenant], options)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def parser(default_tenant: str) -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m api.accounts", description="Konten der Sachbearbeitung")
    top.add_argument("--tenant", default=default_tenant, help="Kommune (Vorgabe: %(default)s)")
    commands = top.add_subparsers(required=True, metavar="create|list|password|close|open")
    for name, run, purpose in (
        ("create", create, "Konto anlegen"),
        ("password", password, "neues Passwort setzen; beendet alle Sitzungen des Kontos"),
        ("close", close, "Konto sperren"),
        ("open", open_again, "gesperrtes Konto wieder öffnen"),
    ):
        command = commands.add_parser(name, help=purpose)
        command.add_argument("username")
        command.set_defaults(run=run)
        if run is create:
            command.add_argument("--name", default="", help="Name, den Bürgerinnen und Bürger sehen")
            command.add_argument("--role", action="append", choices=service.ROLES, help="mehrfach möglich")
            command.add_argument("--team", action="append", default=[], help="mehrfach möglich")
    listing = commands.add_parser("list", help="Konten der Kommune zeigen")
    listing.set_defaults(run=show)
    return top


def create(session: Session, tenant: Tenant, options: argparse.Namespace) -> None:
    """Make an account."""
    known = {team.id for team in tenant.teams}
    if unknown := set(options.team) - known:
        raise ValueError(f"Unbekanntes Team: {', '.join(sorted(unknown))}. Es gibt: {', '.join(sorted(known))}.")
    account = service.create_account(
        session,
        tenant=tenant.id,
        username=options.username,
        name=options.name,
        password=options.password,
        roles=options.role or ["caseworker"],
        teams=options.team,
    )
    print(f"Konto {account.username} angelegt ({', '.join(account.roles)}).")


def password(session: Session, tenant: Tenant, options: argparse.Namespace) -> None:
    """Set a new password."""
    service.set_password(session, existing(session, tenant, options.username), options.password)
    print("Neues Passwort gesetzt.")


def close(session: Session, tenant: Tenant, options: argparse.Namespace) -> None:
    """Close an account."""
    service.set_active(session, existing(session, tenant, options.username), False)
    print("Konto gesperrt.")


def open_again(session: Session, tenant: Tenant, options: argparse.Namespace) -> None:
    """Open a closed account."""
    service.set_active(session, existing(session, tenant, options.username), True)
    print("Konto geöffnet.")


def show(session: Session, tenant: Tenant, _options: argparse.Namespace) -> None:
    """Print the accounts of the tenant."""
    for account in session.scalars(
        select(Account).where(Account.tenant == tenant.id).order_by(Account.username)
    ):
        state = "" if account.active else "  (gesperrt)"
        teams = f"  Teams: {', '.join(account.teams)}" if account.teams else ""
        print(f"{account.username}  {account.name}  {', '.join(account.roles)}{teams}{state}")


def existing(session: Session, tenant: Tenant, username: str) -> Account:
    """The named account."""
    account = service.find_account(session, tenant=tenant.id, username=username)
    if account is None:
        raise ValueError(f"Das Konto {username} gibt es nicht.")
    return account


def ask_password() -> str:
    """What is typed (or piped in); a made password, printed, where nothing is."""
    if sys.stdin.isatty():
        typed = getpass.getpass(f"Passwort (mindestens {MIN_LENGTH} Zeichen, leer: eines erzeugen): ")
        if typed and typed != getpass.getpass("Noch einmal: "):
            raise ValueError("Die beiden Eingaben sind verschieden.")
    else:
        typed = sys.stdin.readline().rstrip("\n")
    if typed:
        return typed
    made = new_password()
    print(f"Passwort: {made}")
    return made


if __name__ == "__main__":
    sys.exit(main())
