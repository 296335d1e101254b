package ai.ingredients.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.Ingredients;
import ai.ingredients.InvalidInputException;
import ai.ingredients.Video;
import ai.ingredients.VideoObserver;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.tensor.Attention;
import ai.ingredients.tensor.DType;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.ArgumentResolver;
import org.springframework.core.io.support.SpringFactoriesLoader.FailureHandler;

/** The starter in programs that name a model, or none, or a wrong one; with and without the actuator. */
class IngredientsAutoConfigurationTest {
    private static final Path TINY =
            Path.of("../examples/tiny-random").toAbsolutePath().normalize();

    @TempDir
    Path folder;

    private final ApplicationContextRunner bare = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    IngredientsAutoConfiguration.class,
                    IngredientsHealthAutoConfiguration.class,
                    IngredientsMetricsAutoConfiguration.class));

    private final ApplicationContextRunner program = bare.withConfiguration(AutoConfigurations.of(
            SimpleMetricsExportAutoConfiguration.class,
            CompositeMeterRegistryAutoConfiguration.class,
            MetricsAutoConfiguration.class));

    private static Video small(Ingredients ingredients) {
        return ingredients.video("A walk.").frames(9).size(48, 32).steps(2).generate();
    }

    @Test
    void theBeanMakesVideosAndIsClosedWithTheProgram() {
        List<Ingredients> used = new ArrayList<>();
        program.withPropertyValues("ingredients.model=" + TINY, "ingredients.memory=layer", "ingredients.dtype=bf16")
                .run(context -> {
                    Ingredients ingredients = context.getBean(Ingredients.class);
                    assertThat(ingredients.memory()).isEqualTo(MemoryLevel.LAYER);
                    assertThat(ingredients.compute().dtype()).isEqualTo(DType.BF16);
                    assertThat(small(ingredients).frames()).hasSize(9);
                    used.add(ingredients);
                });
        assertThatThrownBy(() -> used.getFirst().video("Too late.")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aProgramWithoutAModelHasNoBeanAndNoHealthOfOne() {
        program.run(context -> assertThat(context)
                .hasNotFailed()
                .doesNotHaveBean(Ingredients.class)
                .doesNotHaveBean(HealthIndicator.class));
    }

    @Test
    void aModelIsOpenedWhenItIsAskedForAndNotBefore() {
        program.withPropertyValues("ingredients.model=" + folder).run(context -> {
            assertThat(context).hasNotFailed();
            assertThatThrownBy(() -> context.getBean(Ingredients.class))
                    .hasRootCauseInstanceOf(InvalidInputException.class);
        });
    }

    @Test
    void theKernelOfAttentionIsChosen() {
        program.withPropertyValues("ingredients.model=" + TINY).run(context -> {
            assertThat(context.getBean(IngredientsProperties.class).options().attention())
                    .isEqualTo(Attention.AUTO);
            assertThat(context.getBean(Ingredients.class).compute().attention()).isEqualTo(Attention.AUTO);
        });
        program.withPropertyValues(
                        "ingredients.model=" + TINY, "ingredients.device=cuda", "ingredients.attention=cudnn")
                .run(context -> assertThat(context.getBean(IngredientsProperties.class)
                                .options()
                                .attention())
                        .isEqualTo(Attention.CUDNN));
        // The processor has one way, which is told instead of left unsaid.
        program.withPropertyValues("ingredients.model=" + TINY, "ingredients.attention=flash")
                .run(context -> assertThatThrownBy(() -> context.getBean(Ingredients.class))
                        .hasRootCauseInstanceOf(InvalidInputException.class)
                        .hasRootCauseMessage("`attention` flash is a kernel of CUDA devices, and the device is the cpu,"
                                + " which has one way; use auto"));
    }

    @Test
    void aProgramThatCannotStartSaysWhichPropertyToChange() {
        program.withPropertyValues("ingredients.model=" + folder)
                .withUserConfiguration(Needs.class)
                .run(context -> {
                    assertThat(context).hasFailed();
                    Throwable failure = Objects.requireNonNull(context.getStartupFailure());
                    FailureAnalyzer analyzer = SpringFactoriesLoader.forDefaultResourceLocation()
                            .load(
                                    FailureAnalyzer.class,
                                    ArgumentResolver.none(),
                                    FailureHandler.handleMessage((m, e) -> {}))
                            .stream()
                            .filter(ModelFailureAnalyzer.class::isInstance)
                            .findFirst()
                            .orElseThrow();
                    FailureAnalysis told = Objects.requireNonNull(analyzer.analyze(failure));
                    assertThat(told.getDescription()).contains(folder.toString());
                    assertThat(told.getAction()).contains("`ingredients.model`");
                });
    }

    @Test
    void aProgramsOwnBeanCounts() {
        program.withPropertyValues("ingredients.model=" + folder)
                .withUserConfiguration(Own.class)
                .run(context -> {
                    assertThat(context).hasSingleBean(Ingredients.class);
                    assertThat(health(context.getBean(HealthIndicator.class)).getStatus())
                            .isEqualTo(Status.UP);
                });
    }

    @Test
    void healthTellsWhatItRunsOnAndWhatIsWrong() throws IOException {
        Path model = folder.resolve("model");
        try (Stream<Path> files = Files.walk(TINY)) {
            for (Path file : files.toList()) {
                Files.copy(file, model.resolve(TINY.relativize(file).toString()));
            }
        }
        program.withPropertyValues("ingredients.model=" + model).run(context -> {
            HealthIndicator indicator = context.getBean(HealthIndicator.class);
            assertThat(health(indicator).getStatus()).isEqualTo(Status.UP);
            assertThat(health(indicator).getDetails())
                    .containsEntry("model", "model")
                    .containsEntry("device", "cpu")
                    .containsEntry("dtype", "fp32")
                    .containsKey("memory");
            Files.move(model.resolve("model_index.json"), folder.resolve("elsewhere"));
            assertThat(health(indicator).getStatus()).isEqualTo(Status.DOWN);
            assertThat(String.valueOf(health(indicator).getDetails().get("error")))
                    .contains(model.toString());
        });
        program.withPropertyValues("ingredients.model=" + folder.resolve("nowhere"))
                .run(context -> {
                    Health health = health(context.getBean(HealthIndicator.class));
                    assertThat(health.getStatus()).isEqualTo(Status.DOWN);
                    assertThat(String.valueOf(health.getDetails().get("error")))
                            .contains("nowhere")
                            .doesNotContain("springframework");
                });
        program.withPropertyValues("ingredients.model=" + TINY, "management.health.ingredients.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(HealthIndicator.class));
    }

    private static Health health(HealthIndicator indicator) {
        return Objects.requireNonNull(indicator.health());
    }

    @Test
    void metricsCountWhatCameOfVideosAndTellOtherObserversToo() {
        program.withPropertyValues("ingredients.model=" + TINY)
                .withUserConfiguration(Hears.class)
                .run(context -> {
                    Ingredients ingredients = context.getBean(Ingredients.class);
                    small(ingredients);
                    assertThatThrownBy(() ->
                                    ingredients.video("A walk.").frames(10).generate())
                            .isInstanceOf(InvalidInputException.class);
                    MeterRegistry registry = context.getBean(MeterRegistry.class);
                    assertThat(registry.get("ingredients.video")
                                    .tag("outcome", "made")
                                    .timer()
                                    .count())
                            .isEqualTo(1);
                    assertThat(registry.get("ingredients.video")
                                    .tag("outcome", "refused")
                                    .timer()
                                    .count())
                            .isEqualTo(1);
                    assertThat(registry.get("ingredients.video.stage")
                                    .tag("stage", "denoising")
                                    .timer()
                                    .totalTime(TimeUnit.SECONDS))
                            .isPositive();
                    assertThat(registry.get("ingredients.video.step").timer().count())
                            .isEqualTo(1);
                    assertThat(registry.get("ingredients.video.frames")
                                    .counter()
                                    .count())
                            .isEqualTo(9);
                    assertThat(context.getBean(Hears.class).heard).containsExactly("made", "failed");
                });
    }

    @Test
    void metricsWorkWithARegistryOfTheProgram() {
        program.withPropertyValues("ingredients.model=" + TINY)
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .run(context -> assertThat(context).hasSingleBean(VideoMetrics.class));
    }

    @Test
    void aProgramWithoutActuatorHasTheBeanAlone() {
        bare.withPropertyValues("ingredients.model=" + TINY)
                .withClassLoader(new FilteredClassLoader(
                        "org.springframework.boot.health", "io.micrometer", "org.springframework.boot.micrometer"))
                .run(context -> {
                    assertThat(context).hasNotFailed().hasSingleBean(Ingredients.class);
                    assertThat(context.containsBean("ingredientsHealthIndicator"))
                            .isFalse();
                    assertThat(context.containsBean("ingredientsVideoMetrics")).isFalse();
                });
    }

    /** What a jar of the starter carries for editors and for Boot. */
    @Test
    void editorsKnowTheProperties() throws IOException {
        try (InputStream file =
                IngredientsProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            assertThat(file)
                    .as("made by the configuration processor in the build")
                    .isNotNull();
            String metadata = new String(file.readAllBytes(), StandardCharsets.UTF_8);
            for (String property :
                    List.of("model", "device", "dtype", "memory", "tiling", "variant", "weights-dtype", "attention")) {
                assertThat(metadata).contains("\"ingredients." + property + "\"");
            }
            assertThat(metadata).contains("Folder of the model", "\"defaultValue\": \"cpu\"");
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Needs {
        @Bean
        String needs(Ingredients ingredients) {
            return ingredients.model().name();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Own {
        @Bean
        Ingredients own() {
            return Ingredients.open(TINY);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Hears {
        final List<String> heard = new ArrayList<>();

        @Bean
        VideoObserver observer() {
            return new VideoObserver() {
                @Override
                public void made(Video video, Duration took) {
                    heard.add("made");
                }

                @Override
                public void failed(RuntimeException reason, Duration took) {
                    heard.add("failed");
                }
            };
        }
    }
}
