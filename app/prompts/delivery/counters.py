"""Counters of what was sent, in this process: by channel and outcome, no person and no study."""

from prometheus_client import CollectorRegistry, Counter

REGISTRY = CollectorRegistry()
TRIES = Counter("xinlu_deliveries", "Tries to deliver a reminder.", ["channel", "outcome"], registry=REGISTRY)
