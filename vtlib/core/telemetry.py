"""Errors to Sentry and traces to OpenTelemetry: off by default, nothing personal in either.

Only what FACT_NAMES lists is sent: no message, no path, no name of a project, account or person,
no payload, no address of this machine. Both packages are imported when they are first needed.
"""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtlib.core.errors import BadInput, BudgetReached, CredentialsMissing, StoreBusy, VtError

FACT_NAMES = frozenset(
    {"command", "stage", "service", "outcome", "status", "exit_code", "seconds", "rows", "attempt"}
)
REFUSALS = (BadInput, BudgetReached, CredentialsMissing, StoreBusy)
WAIT_S = 3.0  # a command waits no longer for what it reports
_PACKAGE = Path(__file__).parents[1]


@dataclass
class _Outlets:
    dsn: str = ""
    endpoint: str = ""
    tracer: Any = None
    provider: Any = None
    is_reporting: bool = False


_outlets = _Outlets()


def set_up(*, sentry_dsn: str = "", otlp_endpoint: str = "") -> None:
    """Name where errors and traces go; "" = nowhere. Nothing is imported and nothing sent yet."""
    if (sentry_dsn, otlp_endpoint) != (_outlets.dsn, _outlets.endpoint):
        close()
        _outlets.dsn, _outlets.endpoint = sentry_dsn, otlp_endpoint


def report(error: BaseException, facts: Mapping[str, Any]) -> bool:
    """Send an error as its kind, its place in this package and FACT_NAMES; whether it was sent.

    What was refused (a wrong input, a missing key, a cap, a busy database) is no error of the work
    and is not sent.
    """
    if not _outlets.dsn or isinstance(error, REFUSALS):
        return False
    from importlib.metadata import version  # noqa: PLC0415 - the standard library's slowest import

    import sentry_sdk  # noqa: PLC0415 - only where errors are sent

    if not _outlets.is_reporting:
        sentry_sdk.init(
            dsn=_outlets.dsn,
            release=f"viraltracker@{version('viraltracker')}",
            environment="workbench",
            server_name="",
            default_integrations=False,
            auto_enabling_integrations=False,
            send_default_pii=False,
            include_local_variables=False,
            include_source_context=False,
            max_breadcrumbs=0,
            send_client_reports=False,
            auto_session_tracking=False,
            traces_sample_rate=0.0,
            shutdown_timeout=0,
        )
        _outlets.is_reporting = True
    with contextlib.suppress(Exception):  # reporting an error must not be another
        event: Any = _event(error, facts)
        sentry_sdk.capture_event(event)
        sentry_sdk.flush(timeout=WAIT_S)
    return True


@contextlib.contextmanager
def span(name: str, facts: Mapping[str, Any]) -> Iterator[None]:
    """Trace a block with those `facts` that are in FACT_NAMES; nothing while traces are off."""
    tracer = _tracer()
    if tracer is None:
        yield
        return
    with tracer.start_as_current_span(
        name, record_exception=False, set_status_on_exception=False
    ) as open_:
        try:
            yield
        finally:
            open_.set_attributes(_facts(facts))
            if facts.get("outcome") == "failed":
                from opentelemetry.trace import StatusCode  # noqa: PLC0415

                open_.set_status(StatusCode.ERROR)


def close() -> None:
    """Send what still waits, and forget both addresses."""
    with contextlib.suppress(Exception):
        if _outlets.provider is not None:
            _outlets.provider.force_flush(int(WAIT_S * 1000))
            _outlets.provider.shutdown()
        if _outlets.is_reporting:
            import sentry_sdk  # noqa: PLC0415

            sentry_sdk.get_client().close(timeout=WAIT_S)
    _outlets.__init__()  # type: ignore[misc]


def _tracer() -> Any:
    if not _outlets.endpoint:
        return None
    if _outlets.tracer is None:
        from importlib.metadata import version  # noqa: PLC0415

        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        about = {"service.name": "viraltracker", "service.version": version("viraltracker")}
        # Not Resource.create: the environment may hold names of this machine.
        provider = TracerProvider(resource=Resource(about))
        url = f"{_outlets.endpoint.rstrip('/')}/v1/traces"
        provider.add_span_processor(
            BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=WAIT_S))
        )
        _outlets.provider = provider
        _outlets.tracer = provider.get_tracer("vtlib")
    return _outlets.tracer


def _event(error: BaseException, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "level": "error",
        "platform": "python",
        "tags": {
            **{k: str(v) for k, v in _facts(facts).items()},
            "python": platform.python_version(),
            "system": platform.system(),
        },
        "exception": {
            "values": [
                {
                    "type": type(error).__name__,
                    "module": type(error).__module__,
                    "value": "",
                    "mechanism": {"type": "vtlib", "handled": isinstance(error, VtError)},
                    "stacktrace": {"frames": _frames(error)},
                }
            ]
        },
    }


def _frames(error: BaseException) -> list[dict[str, Any]]:
    frames, link = [], error.__traceback__
    while link is not None:
        code = link.tb_frame.f_code
        path = Path(code.co_filename)
        is_ours = _PACKAGE in path.parents
        module = str(link.tb_frame.f_globals.get("__name__", ""))
        name = path.relative_to(_PACKAGE.parent).as_posix() if is_ours else module
        if is_ours or module.partition(".")[0] in _LIBRARIES:
            frames.append(
                {
                    "filename": name,
                    "function": code.co_name,
                    "lineno": link.tb_lineno,
                    "in_app": is_ours,
                }
            )
        link = link.tb_next
    return frames


_LIBRARIES = frozenset(
    {"duckdb", "pandas", "numpy", "scipy", "click", "apify_client", "google", "yt_dlp"}
)


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        k: v for k, v in facts.items() if k in FACT_NAMES and isinstance(v, (str, int, float, bool))
    }
