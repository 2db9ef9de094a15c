"""From measures and readings to alerts with a life. ALERTS alone makes alerts."""
