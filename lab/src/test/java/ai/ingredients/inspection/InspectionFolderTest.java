package ai.ingredients.inspection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.InvalidInputException;
import ai.ingredients.diffusion.Scheduler;
import ai.ingredients.face.Identity;
import ai.ingredients.face.People;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.media.VideoWriter;
import ai.ingredients.pipeline.GenerationListener;
import ai.ingredients.pipeline.GenerationRequest;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.pipeline.RoutingMaps;
import ai.ingredients.pipeline.RoutingRecorder;
import ai.ingredients.pipeline.TilingChoice;
import ai.ingredients.pipeline.VideoGenerator;
import ai.ingredients.pipeline.VideoSize;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.transformer.Routing;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An inspection of a real generation, against the other way of recording it; and what is written of it. */
class InspectionFolderTest {
    private static final VideoSize SIZE = new VideoSize(9, 32, 48);
    private static final int STEPS = 2;
    private static final float HALF_PRECISION = 1e-3f;

    @TempDir
    Path folder;

    private static People people(int count) {
        torch.manual_seed(count);
        List<Identity> identities = new ArrayList<>();
        for (int n = 0; n < count; n++) {
            List<Tensor> hidden = new ArrayList<>();
            for (int scale = 0; scale < 5; scale++) {
                hidden.add(torch.randn(1, 7, 32));
            }
            identities.add(new Identity(torch.randn(1, 40), hidden));
        }
        return new People(identities, Picture.filled(720, 480, 200, 120, 40));
    }

    private static List<Picture> generate(ModelBundle bundle, Routing routing, GenerationListener listener) {
        List<Picture> frames = new ArrayList<>();
        try (Scope scope = Scope.inference();
                VideoGenerator generator =
                        new VideoGenerator(bundle, Compute.CPU_FP32, MemoryLevel.NONE, TilingChoice.OFF)) {
            GenerationRequest request = bundle.request("A walk.")
                    .people(3)
                    .size(SIZE.frames(), SIZE.height(), SIZE.width())
                    .seed(3)
                    .steps(STEPS)
                    .scheduler(Scheduler.Kind.DDIM)
                    .routing(routing)
                    .maxSequenceLength(16)
                    .build();
            generator.generate(request, people(3), decoded -> frames.addAll(Picture.of(decoded)), listener);
        }
        return frames;
    }

    @ParameterizedTest
    @EnumSource(Routing.class)
    void aGenerationIsSeenAsItIsAndNotChanged(Routing routing) {
        ModelBundle bundle = ModelBundle.open(Fixture.bundle());
        TokenGrid grid = TokenGrid.of(SIZE, bundle.transformer().patchSize());
        RoutingInspector inspector = new RoutingInspector(grid, STEPS, STEPS, null);
        Path recorded = folder.resolve("recorded.safetensors");
        Path inspected = folder.resolve("inspected.safetensors");
        try (RoutingRecorder recorder = new RoutingRecorder(bundle)) {
            List<Picture> watched = generate(bundle, routing, GenerationListener.all(List.of(recorder, inspector)));
            assertThat(watched).isEqualTo(generate(bundle, routing, GenerationListener.NONE));
            recorder.write(recorded, SIZE);
        }
        InspectionFolder.writeRouting(inspected, inspector.inspection());

        RoutingMaps expected = RoutingMaps.read(recorded);
        RoutingMaps found = RoutingMaps.read(inspected);
        assertThat(found.people()).isEqualTo(3);
        assertThat(found.frames()).isEqualTo(expected.frames());
        assertThat(found.rows()).isEqualTo(expected.rows());
        assertThat(found.columns()).isEqualTo(expected.columns());
        assertThat(found.shares()).containsExactly(expected.shares(), within(HALF_PRECISION));
        assertThat(inspector.inspection().blocks()).containsExactly(0, 2);
        assertThat(inspector.inspection().last().shares()).containsExactly(expected.shares(), within(HALF_PRECISION));
    }

    private Path written() {
        View view = Seen.view("any");
        ObjectNode recipe = JsonNodeFactory.instance.objectNode().put("prompt", "A walk.");
        JsonFile.write(folder.resolve(InspectionFolder.FIGURES), InspectionFolder.json(view, recipe));
        InspectionFolder.writeRouting(folder.resolve(InspectionFolder.ROUTING), view.inspection());
        InspectionFolder.writeResidual(folder.resolve(InspectionFolder.RESIDUAL), view.inspection());
        try (VideoWriter video =
                VideoWriter.create(folder.resolve(InspectionFolder.VIDEO), 96, 64, VideoWriter.Settings.DEFAULT)) {
            for (int i = 0; i < 5; i++) {
                int level = 100 + 7 * i;
                video.add(Picture.filled(96, 64, level, level, level));
            }
            video.finish();
        }
        return folder;
    }

    @Test
    void whatIsWrittenIsReadBack() {
        View read = InspectionFolder.read(written());

        View wrote = Seen.view("any");
        assertThat(read.label()).isEqualTo(folder.getFileName().toString());
        assertThat(read.people()).isEqualTo(wrote.people());
        assertThat(read.frame()).isEqualTo(4);
        assertThat(Seen.pixel(read.picture(), 40, 30) & 0xff).isBetween(126, 130);
        assertThat(read.inspection().grid()).isEqualTo(wrote.inspection().grid());
        assertThat(read.inspection().blocks()).isEqualTo(wrote.inspection().blocks());
        assertThat(read.inspection().steps()).isEqualTo(wrote.inspection().steps());
        for (int step = 0; step < 3; step++) {
            assertThat(read.inspection().shown().get(step).step()).isEqualTo(step);
            assertThat(read.inspection().shown().get(step).timestep()).isEqualTo(900 - 300L * step);
            for (int block = 0; block < 2; block++) {
                TokenMaps found = read.inspection().shown().get(step).blocks().get(block);
                TokenMaps expected =
                        wrote.inspection().shown().get(step).blocks().get(block);
                assertThat(found.shares()).isEqualTo(expected.shares());
                assertThat(found.residual()).isEqualTo(expected.residual());
            }
        }
        assertThat(JsonFile.read(folder.resolve(InspectionFolder.FIGURES))
                        .at("/recipe/prompt")
                        .asText())
                .isEqualTo("A walk.");
    }

    private void refused(String... fragments) {
        assertThatThrownBy(() -> InspectionFolder.read(folder))
                .isInstanceOf(InvalidInputException.class)
                .message()
                .contains(fragments);
    }

    @Test
    void whatIsNotThereIsNamed() throws IOException {
        refused("holds no inspection", "ingredients inspect run");
        written();
        Path figures = folder.resolve(InspectionFolder.FIGURES);
        String json = Files.readString(figures);
        for (String key : List.of("tokens", "people", "blocks", "steps", "steps_shown", "frame")) {
            Files.writeString(figures, json.replace("\"" + key + "\"", "\"other\""));
            refused(figures.toString(), "has no usable", "make the inspection again");
        }
        Files.writeString(figures, json.replace("\"block\" : 3", "\"block\" : 5"));
        refused("routing.safetensors", "step_000.block_05");
        Files.writeString(figures, json.replace("\"rows\" : 1", "\"rows\" : 7"));
        refused("routing.safetensors", "step_000.block_00");
        Files.writeString(figures, json.replace("\"frame\" : 4", "\"frame\" : 5"));
        refused("video.mp4", "frame 5");
        Files.writeString(figures, json);
        Files.delete(folder.resolve(InspectionFolder.RESIDUAL));
        refused("residual.safetensors");
    }
}
