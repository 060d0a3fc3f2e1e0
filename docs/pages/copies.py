"""
copies
======

Stub.
"""
