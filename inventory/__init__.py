"""What is in the estate. The bottom floor: imports nothing else of ours."""
