"""What the notebooks show: frames, charts, plates and captions out of stored results. Nothing here trains."""
