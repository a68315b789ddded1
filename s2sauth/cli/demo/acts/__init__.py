"""The acts of the demo: each plays on the stage and reports one section."""
