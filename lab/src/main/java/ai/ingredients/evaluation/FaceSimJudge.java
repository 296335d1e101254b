package ai.ingredients.evaluation;

import ai.ingredients.data.Clip.PersonPhoto;
import ai.ingredients.evaluation.faces.FaceReader;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.training.diffusion.SampleJudge;
import java.nio.file.Path;
import java.util.List;

/** FaceSim for a training's validations. Found by {@link java.util.ServiceLoader}. */
public final class FaceSimJudge implements SampleJudge.Provider {
    /** For {@link java.util.ServiceLoader}. */
    public FaceSimJudge() {}

    @Override
    public SampleJudge open(Path bundle, Path recogniser, Compute compute) {
        FaceReader reader = FaceReader.open(bundle, recogniser, FaceReader.Settings.DEFAULT, compute);
        return new SampleJudge() {
            @Override
            public double faceSim(List<PersonPhoto> photos, List<Picture> frames) {
                return reader.faceSim(photos, frames);
            }

            @Override
            public void close() {
                reader.close();
            }
        };
    }
}
