package ai.ingredients.training.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.ingredients.cast.CastSource;
import ai.ingredients.data.Clip;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.Split;
import ai.ingredients.face.Face;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.training.loop.ClipTensors;
import ai.ingredients.vae.VaeConfig;
import ai.ingredients.vae.VideoVae;
import ai.ingredients.weights.ModelFolder;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the cache gives is what the autoencoder makes, beside what the clip knows. */
class DecodedClipsTest {
    private static final CastSource SOURCE =
            new CastSource(Split.TRAIN, 2, 5, new int[] {2}, 1, new ClipFormat(48, 32, 9, 8, 16));

    @TempDir
    private Path folder;

    @Test
    void framesAreTheAutoencoders() {
        ModelFolder bundle = ModelFolder.open(Fixture.bundle());
        try (DecodedClips decoded = new DecodedClips(TinyDecoded.cache(folder, SOURCE));
                TensorStore store = bundle.weights("vae");
                Weights weights = Weights.of(store, Compute.CPU_FP32);
                Scope scope = Scope.inference()) {
            assertThat(decoded.clips()).containsExactly(0L, 1L);
            VideoVae vae = VideoVae.load(weights, VaeConfig.of(bundle.config("vae")));
            Tensor video = ClipTensors.videos(List.of(SOURCE.clip(1).frames()), Compute.CPU_FP32);
            Tensor latents = vae.encode(video).mode().to(ScalarType.Half).to(ScalarType.Float);
            List<Picture> expected = Picture.of(ClipTensors.bytes(vae.decode(latents)));

            List<Picture> frames = decoded.frames(1);
            assertThat(frames).hasSize(9).hasSize(decoded.length(1));
            for (int i = 0; i < frames.size(); i++) {
                assertThat(frames.get(i).rgb()).isEqualTo(expected.get(i).rgb());
            }
            assertThat(decoded.frame(1, 4).rgb()).isEqualTo(expected.get(4).rgb());
        }
    }

    @Test
    void facesAreTheClips() {
        Clip clip = SOURCE.clip(0);
        try (DecodedClips decoded = new DecodedClips(TinyDecoded.cache(folder, SOURCE))) {
            for (int frame = 0; frame < 9; frame++) {
                List<Face> faces = decoded.faces(0, frame);
                int at = 0;
                for (Clip.Person person : clip.people()) {
                    Clip.Seen seen = person.track().get(frame);
                    List<Face.Point> points = seen.landmarks();
                    if (seen.faceBox() == null || points == null) {
                        continue;
                    }
                    Face face = faces.get(at++);
                    assertThat(face.box()).isEqualTo(seen.faceBox());
                    assertThat(face.landmarks().get(3).x())
                            .isCloseTo(points.get(3).x(), within(1e-4));
                    assertThat(face.landmarks().get(4).y())
                            .isCloseTo(points.get(4).y(), within(1e-4));
                }
                assertThat(at).isEqualTo(faces.size());
            }
            assertThat(decoded.faces(0, 0)).isNotEmpty();
        }
    }

    @Test
    void theLatentsThatWereDecodedAreKept() {
        try (FeatureCache cache = TinyDecoded.cache(folder, SOURCE);
                Scope scope = Scope.inference()) {
            assertThat(cache.get(0, "latents").size(0)).isEqualTo(3);
        }
    }
}
