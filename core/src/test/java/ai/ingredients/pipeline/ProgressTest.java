package ai.ingredients.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.pipeline.VideoListener.Stage;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Work is announced before it is done, so that its seconds stand in the line of its stage. */
class ProgressTest {
    /** What a listener was told, and frames that came. */
    private static List<String> events(MemoryLevel memory, int times) {
        List<String> events = new ArrayList<>();
        ModelBundle bundle = ModelBundle.open(Fixture.bundle());
        GenerationRequest request = bundle.request("A walk.")
                .size(17, 32, 48)
                .steps(2)
                .guidanceScale(6)
                .maxSequenceLength(16)
                .build();
        VideoListener listener = new VideoListener() {
            @Override
            public void begins(Stage stage, int total) {
                events.add(stage + " of " + total);
            }

            @Override
            public void progress(int done) {
                events.add("done " + done);
            }

            @Override
            public void loading(long done, long total) {
                if (done == total) {
                    events.add("loaded");
                }
            }
        };
        try (Scope scope = Scope.open();
                VideoGenerator generator = new VideoGenerator(bundle, Compute.CPU_FP32, memory, TilingChoice.OFF)) {
            for (int i = 0; i < times; i++) {
                events.clear();
                generator.generate(
                        request, null, part -> events.add("frames"), GenerationListener.all(List.of(listener)));
            }
        }
        return events;
    }

    @Test
    void everyStageBeginsBeforeItsWeightsAreLoadedAndItsWorkIsDone() {
        assertThat(events(MemoryLevel.MODEL, 1))
                .containsExactly(
                        Stage.TEXT + " of 2",
                        "loaded",
                        "done 1",
                        "done 2",
                        Stage.DENOISING + " of 2",
                        "loaded",
                        "done 1",
                        "done 2",
                        Stage.DECODING + " of 2",
                        "loaded",
                        "frames",
                        "done 1",
                        "frames",
                        "done 2");
    }

    @Test
    void whatIsLoadedIsNotLoadedAgain() {
        assertThat(events(MemoryLevel.NONE, 2)).isNotEmpty().doesNotContain("loaded");
    }
}
