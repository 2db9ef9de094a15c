"""The simulated event: walkers, simulated cameras and devices, and one camera's rendered video."""
