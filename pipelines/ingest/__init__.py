"""From signed readings of devices to verified ones: decode, verify, dedupe, clamp, account for each offset."""
