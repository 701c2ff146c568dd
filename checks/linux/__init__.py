"""Checks of Linux hosts that need a join, arithmetic or dates: one module per topic."""
