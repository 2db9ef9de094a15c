"""DISPATCH: alerts to the people who act on them, with a receipt for each delivery."""
