"""Which team a concern belongs to: by the topics and services that the tenant's file names."""

from knowledge.tenants import Tenant


def team_for(tenant: Tenant, topic: str | None) -> str:
    """The team that names the topic, or that offers the service of this id; otherwise the tenant's first team."""
    for team in tenant.teams:
        if topic in team.topics:
            return team.id
    service = tenant.service(topic) if topic else None
    if service is not None:
        return service.team
    return tenant.teams[0].id if tenant.teams else ""


def team_name(tenant: Tenant, team_id: str) -> str:
    """What the team is called."""
    return next((team.name for team in tenant.teams if team.id == team_id), team_id)
