"""From a planned cell to a row: training, engines, progress, time and memory."""
