"""The names under which Prometheus finds what the server does, and nothing else."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

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


class EngineCounts(Collector):
    """What the engine has counted since its own start, by the names that it gives."""

    def __init__(self) -> None:
        self.look: Callable[[], Mapping[str, float]] = dict

    def collect(self) -> Iterator[Metric]:
        """Yield it as Prometheus has it."""
        family = CounterMetricFamily("tts_engine_counts", "What the engine has counted", labels=["what"])
        for what, total in self.look().items():
            family.add_metric([what], total)
        yield family


RECENT = 1000
"""Values remembered for percentiles."""


class Latency:
    """Seconds: a histogram for Prometheus, and the latest values themselves, for people who ask now."""

    def __init__(self, name: str, text: str, registry: CollectorRegistry, buckets: tuple[float, ...] = SECONDS) -> None:
        self.recent: deque[float] = deque(maxlen=RECENT)
        self._histogram = Histogram(name, text, buckets=buckets, registry=registry)

    def observe(self, seconds: float) -> None:
        """Count one."""
        self._histogram.observe(seconds)
        self.recent.append(seconds)


class Values:
    """What all instruments said in one look, by the names that Prometheus has for it."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._samples: dict[str, list[Sample]] = defaultdict(list)
        for family in families:
            for sample in family.samples:
                self._samples[sample.name].append(sample)

    def one(self, name: str) -> float:
        """Return the value of what has no labels; 0 if there is none yet."""
        return next((sample.value for sample in self._samples.get(name, ())), 0.0)

    def by_label(self, name: str, label: str) -> dict[str, float]:
        """Return the values of what has one label, by the label's value."""
        return {sample.labels[label]: sample.value for sample in self._samples.get(name, ())}


class Metrics:
    """One set of instruments, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.ttfb = Latency("tts_ttfb_seconds", "First text to first audio byte sent", registry)
        self.audible = Latency("tts_audible_seconds", "First text to first audible sample sent", registry)
        self.queue = Latency("tts_queue_seconds", "First segment submitted to first engine step on it", registry)
        self.loop_lag = Latency(
            "tts_loop_lag_seconds", "How much later than due a timer of the event loop fired", registry, LAG_SECONDS
        )
        self.rtf = Histogram("tts_rtf", "Engine-busy time per time of audio", buckets=RTF, registry=registry)
        self.sessions = Gauge("tts_sessions", "Open sessions", registry=registry)
        self.sessions_limit = Gauge("tts_sessions_limit", "Sessions there may be", registry=registry)
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
        self.ready = Gauge("tts_engine_ready", "Whether the engine is warm and speaks: 1 or 0", registry=registry)
        self.load = Gauge("tts_load", "Share of its time lately that it worked", ["of"], registry=registry)
        self.restarts = Gauge("tts_engine_restarts", "Times the engine process was replaced", registry=registry)
        self.engine_counts = EngineCounts()
        registry.register(self.engine_counts)
        self.log_lines_lost = Gauge("tts_log_lines_lost", "Log lines that could not be written", registry=registry)

    def values(self) -> Values:
        """Return what all of them are now."""
        return Values(self.registry.collect())

    def exposition(self) -> tuple[bytes, str]:
        """Return all values as Prometheus reads them, and their media type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
