"""What the telephone measures of itself, for `/metrics` of the voice process."""

from prometheus_client import Counter, Gauge, Histogram

CALLS = Counter("lotse_calls_total", "Calls taken", ["door", "outcome"])
RUNNING = Gauge("lotse_calls_running", "Calls that run now")
REFUSED = Counter("lotse_calls_refused_total", "Calls beyond the limit")
RESPONSE_SECONDS = Histogram(
    "lotse_response_seconds",
    "From the end of the caller's speech to the first sound of the answer",
    buckets=(0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 8.0),
)
