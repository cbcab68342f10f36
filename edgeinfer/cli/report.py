"""What a run did, in words on standard error or as JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any


def say(report: Any, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({**asdict(report), "fps": report.fps}))
        return
    print(
        f"edgeinfer: {report.results} results from {report.frames} frames "
        f"in {report.seconds:.1f} s ({report.fps:.1f} fps), {report.dropped} frames dropped"
        + (f", {report.still} still" if report.still else ""),
        file=sys.stderr,
    )
    for sink in report.sinks:
        why = " (nobody reads any more)" if sink.closed else f": {sink.reason}"
        lost = f", {sink.dropped} not delivered{why}" if sink.dropped else ""
        kept = f", {sink.kept} events kept for the next run" if sink.kept else ""
        print(f"edgeinfer: {sink.name}: {sink.delivered} delivered{lost}{kept}", file=sys.stderr)
