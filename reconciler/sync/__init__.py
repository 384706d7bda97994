"""The heart: observe, plan, apply."""
