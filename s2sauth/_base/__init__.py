"""What both halves stand on: time, threads, the wire, the header, strict parsing."""
