"""The world as the real actors write it: one file a platform, item by item, plus their error
items.
"""
