from __future__ import annotations

import ssl

from edgeinfer.sinks.refusals import tls_refusal, why


def test_a_clock_that_is_behind_is_thought_of() -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = 9, "certificate is not yet valid"
    assert why(error) == (
        "certificate verify failed: certificate is not yet valid; "
        "check this machine's clock, then the broker's certificate"
    )


def test_what_openssl_says_loses_its_numbers() -> None:
    text = "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1000)"
    assert tls_refusal(text) == (
        "TLS failed: wrong version number; is this the broker's port for TLS?"
    )
