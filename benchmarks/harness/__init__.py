"""What the families of benchmarks share: timing, rows, peers, helpers in processes."""
