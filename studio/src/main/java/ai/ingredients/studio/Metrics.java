package ai.ingredients.studio;

import ai.ingredients.studio.api.Server;
import ai.ingredients.studio.models.ModelShelf;
import ai.ingredients.studio.store.VideoStatus;
import ai.ingredients.studio.store.Videos;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** What {@code /metrics} shows: the queue, the models, and the process. No value of anybody's request is among it. */
final class Metrics {
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(2);

    private Metrics() {}

    /** Counts of videos a moment ago: one query for all gauges. */
    private record Counts(Map<String, Long> byStatus, long since) {}

    static PrometheusMeterRegistry of(Videos videos, ModelShelf models) {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        AtomicReference<Counts> counts = new AtomicReference<>(new Counts(Map.of(), System.nanoTime() - FRESH_NANOS));
        for (VideoStatus status : VideoStatus.values()) {
            Gauge.builder("studio_videos", () -> {
                        Counts known = Objects.requireNonNull(counts.get());
                        if (System.nanoTime() - known.since >= FRESH_NANOS) {
                            known = new Counts(videos.counts(), System.nanoTime());
                            counts.set(known);
                        }
                        return known.byStatus.getOrDefault(status.text(), 0L);
                    })
                    .tag("status", status.text())
                    .description("Videos in the database")
                    .register(registry);
        }
        Gauge.builder("studio_models_loaded_bytes", models, ModelShelf::loadedBytes)
                .description("Weights that are loaded")
                .register(registry);
        Gauge.builder("studio_devices", models, ModelShelf::deviceCount)
                .description("Videos that this process makes at a time")
                .register(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        return registry;
    }

    static void watch(PrometheusMeterRegistry registry, Server server) {
        Gauge.builder("studio_event_streams", server, Server::streams)
                .description("Streams of events that are open")
                .register(registry);
    }
}
