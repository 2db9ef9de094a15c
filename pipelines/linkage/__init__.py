"""Fire linkage: reads the panel and signs what it says; requests of outputs are opt-in, and of the live mode alone."""
