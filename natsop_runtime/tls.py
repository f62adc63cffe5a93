"""Verify server certificates as Go does, since existing clusters are built for Go clients.

Since Python 3.13, `ssl.create_default_context` also requires extensions (RFC 5280) that the CAs of EKS, older GKE and
microk8s do not have.
"""

from __future__ import annotations

import ssl


def verify_like_go(context: ssl.SSLContext) -> ssl.SSLContext:
    """Require no more than client-go: no key identifiers, and any trusted certificate may end a chain."""
    context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    return context
