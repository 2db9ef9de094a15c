"""Crowd measures in windows of event time: density, flow, occupancy."""
