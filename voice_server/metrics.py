"""The names under which Prometheus finds what the server does, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0)
LAG_SECONDS = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0)
RTF = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0)


class Sent(Collector):
    """What was sent so far. Counted for every message, so without the lock of a Counter."""

    def __init__(self) -> None:
        self.audio_messages = 0
        self.audio_s = 0.0

    def collect(self) -> Iterator[Metric]:
        """Yield it as Prometheus has it."""
        yield CounterMetricFamily("tts_audio_messages", "Audio messages sent", self.audio_messages)
        yield CounterMetricFamily("tts_audio_seconds", "Audio sent", self.audio_s)


class Metrics:
    """One set of instruments, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.ttfb = Histogram(
            "tts_ttfb_seconds", "First text to first audio byte sent", buckets=SECONDS, registry=registry
        )
        self.audible = Histogram(
            "tts_audible_seconds", "First text to first audible sample sent", buckets=SECONDS, registry=registry
        )
        self.queue = Histogram(
            "tts_queue_seconds",
            "First segment submitted to first engine step on it",
            buckets=SECONDS,
            registry=registry,
        )
        self.loop_lag = Histogram(
            "tts_loop_lag_seconds",
            "How much later than due a timer of the event loop fired",
            buckets=LAG_SECONDS,
            registry=registry,
        )
        self.rtf = Histogram("tts_rtf", "Engine-busy time per time of audio", buckets=RTF, registry=registry)
        self.sessions = Gauge("tts_sessions", "Open sessions", registry=registry)
        self.utterances = Gauge("tts_utterances", "Utterances that are not over", registry=registry)
        self.segments = Gauge("tts_live_segments", "Segments in the engine", registry=registry)
        self.outcomes = Counter(
            "tts_utterances_over", "Utterances that are over, by how they ended", ["outcome"], registry=registry
        )
        self.sent = Sent()
        registry.register(self.sent)
        self.cancels = Counter("tts_cancels", "Utterances cancelled by their client", registry=registry)
        self.underruns = Counter(
            "tts_predicted_underruns", "Times a listener is thought to have run dry mid-utterance", registry=registry
        )
        self.refusals = Counter("tts_refusals", "Connections refused, by error code", ["code"], registry=registry)
        self.errors = Counter("tts_errors", "Errors told to clients, by code", ["code"], registry=registry)
        self.late = Gauge("tts_late_chunks_dropped", "Chunks that came for utterances already over", registry=registry)
        self.restarts = Gauge("tts_engine_restarts", "Times the engine process was replaced", registry=registry)
        self.log_lines_lost = Gauge("tts_log_lines_lost", "Log lines that could not be written", registry=registry)

    def exposition(self) -> tuple[bytes, str]:
        """Return all values as Prometheus reads them, and their media type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
