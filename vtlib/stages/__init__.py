"""The stages, pure: frames and values in, frames and values out."""
