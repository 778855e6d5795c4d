"""Prompts, one file a task with a version, and the fence around strangers' text."""
