"""
saving
======

Stub.
"""
