"""The API: other programs drive Boona over HTTP.

A call comes in at ``app``, is described by an operation of ``operations``, and goes out by ``responses``.
"""
