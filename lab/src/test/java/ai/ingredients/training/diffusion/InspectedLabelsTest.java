package ai.ingredients.training.diffusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.cast.CastSource;
import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.DatasetInfo;
import ai.ingredients.data.DatasetWriter;
import ai.ingredients.data.DatasetWriter.VideoKind;
import ai.ingredients.data.Mask;
import ai.ingredients.data.Split;
import ai.ingredients.inspection.TokenGrid;
import ai.ingredients.inspection.TrueOwners;
import ai.ingredients.pipeline.VideoSize;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import java.nio.file.Path;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code inspect --masks} measures by the labels the router is trained with. */
class InspectedLabelsTest {
    private static final int PATCH = 2;
    private static final double LABEL_SHARE = 0.5;

    @TempDir
    Path folder;

    @Test
    void ownersFromMaskFilesAreTheLabelsOfTraining() {
        ClipFormat format = ClipFormat.DEFAULT;
        Clip clip = new CastSource(Split.TRAIN, 1, 5, new int[] {2}, 1, format).clip(0);
        DatasetInfo info = new DatasetInfo("test", format.width(), format.height(), format.fps());
        Path data = folder.resolve("data");
        try (DatasetWriter writer = DatasetWriter.open(data, info, VideoKind.MP4)) {
            writer.add(clip);
        }
        VideoSize size = new VideoSize(format.frames(), format.height(), format.width());
        TokenGrid grid = TokenGrid.of(size, PATCH);

        int[] owners = TrueOwners.read(data.resolve("masks").resolve(clip.id()), size, grid, 2)
                .owners();

        try (Scope scope = Scope.inference()) {
            Tensor labels = RoutingLabels.of(coverage(clip, size), PATCH, LABEL_SHARE);
            long[] found = Arrays.stream(owners).asLongStream().toArray();
            assertArrayEquals(Ops.longs(labels), found);
            assertTrue(Arrays.stream(found).distinct().count() == 3, "both people and nobody");
        }
    }

    /** [N, f, h, w], 0 to 255. */
    private static Tensor coverage(Clip clip, VideoSize size) {
        int cells = size.latentHeight() * size.latentWidth();
        float[] values = new float[clip.people().size() * size.latentFrames() * cells];
        for (int n = 0; n < clip.people().size(); n++) {
            for (int i = 0; i < size.frames(); i++) {
                int f = TokenGrid.latentFrame(i);
                Mask mask = clip.people().get(n).track().get(i).faceMask();
                float[] covered =
                        mask == null ? new float[cells] : mask.coverage(size.latentHeight(), size.latentWidth());
                for (int cell = 0; cell < cells; cell++) {
                    int at = (n * size.latentFrames() + f) * cells + cell;
                    values[at] += covered[cell] * 255 / (f == 0 ? 1 : VideoSize.FRAMES_PER_LATENT);
                }
            }
        }
        return Ops.tensor(values, clip.people().size(), size.latentFrames(), size.latentHeight(), size.latentWidth())
                .round()
                .to(ScalarType.Byte);
    }
}
