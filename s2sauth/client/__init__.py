"""Obtaining tokens and attaching them: manager, flow, requests, gRPC."""
