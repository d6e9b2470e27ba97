"""Figures for Prometheus at `/metrics`."""

from prometheus_client import Counter, Histogram

TURNS = Counter("lotse_turns_total", "Citizens' messages answered", ["channel", "answered_by"])
TURN_SECONDS = Histogram(
    "lotse_turn_seconds",
    "Seconds from message to replies",
    ["answered_by"],
    buckets=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10),
)
