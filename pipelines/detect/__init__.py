"""From pictures to people on the ground: positions, partial sums, the grid, crossings and the health of the picture."""
