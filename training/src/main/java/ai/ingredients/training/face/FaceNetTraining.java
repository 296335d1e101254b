package ai.ingredients.training.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.DetectorConfig;
import ai.ingredients.face.EvaConfig;
import ai.ingredients.face.IResNetConfig;
import ai.ingredients.training.features.DecodedConfig;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.DataConfig;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.training.loop.StageConfig;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.training.loop.TrainingListener;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * {@code --stage face-net}: one of the networks that look at faces.
 *
 * @param training how the run goes
 * @param network which one
 * @param model its {@code config.json}
 * @param start weights to begin with; absent to begin from nothing
 * @param data clips to find faces in, for the detector; split and seed of the people, for the others
 * @param validation the same, to look at
 * @param decoded clips that the detector sees as a model shows them
 * @param people how many people the recogniser or the tower learns; of a folder at most so many
 * @param detector of network detector
 * @param recogniser of network recogniser
 * @param tower of network tower
 */
public record FaceNetTraining(
        TrainerConfig training,
        Network network,
        Path model,
        @Nullable Path start,
        DataConfig data,
        DataConfig validation,
        DecodedConfig decoded,
        int people,
        DetectorStage.Settings detector,
        RecogniserStage.Settings recogniser,
        TowerStage.Settings tower)
        implements StageConfig {
    /** A network that looks at faces. */
    public enum Network {
        /** RetinaFace: where faces are. */
        DETECTOR,
        /** IResNet with ArcFace's loss: who it is. */
        RECOGNISER,
        /** EVA-02 CLIP: what a face looks like. */
        TOWER
    }

    private static final int UNSEEN = 200;

    /**
     * A run of the recogniser with the usual settings.
     *
     * @param model its config
     * @param bundle whose models show clips, where they are wanted
     */
    public static FaceNetTraining defaults(Path model, Path bundle) {
        return new FaceNetTraining(
                TrainerConfig.DEFAULT,
                Network.RECOGNISER,
                model,
                null,
                DataConfig.TRAIN,
                DataConfig.VALIDATION,
                DecodedConfig.none(bundle),
                10_000,
                DetectorStage.Settings.DEFAULT,
                RecogniserStage.Settings.DEFAULT,
                TowerStage.Settings.DEFAULT);
    }

    public FaceNetTraining {
        if (decoded.clips() > 0 && network != Network.DETECTOR) {
            throw new InvalidInputException("decoded.clips is " + decoded.clips() + ", but the network is " + network
                    + "; only the detector looks at decoded clips: leave `decoded` out");
        }
    }

    @Override
    public String component() {
        return switch (network) {
            case DETECTOR -> "face_encoder/detection";
            case RECOGNISER -> "face_encoder/recognition";
            case TOWER -> "face_encoder/clip_vision";
        };
    }

    @Override
    public Stage<?> open(Path runFolder, TrainingListener listener) {
        Beginning begun = Beginning.of(start, training);
        return switch (network) {
            case DETECTOR ->
                new DetectorStage(
                        DetectorConfig.read(model),
                        detector,
                        data.openShort(),
                        validation.openShort(),
                        decoded.open(data, validation, training, listener),
                        begun);
            case RECOGNISER ->
                new RecogniserStage(
                        IResNetConfig.read(model),
                        recogniser,
                        data.portraits(people),
                        validation.portraits(UNSEEN),
                        begun);
            case TOWER ->
                new TowerStage(
                        EvaConfig.read(model), tower, data.portraits(people), validation.portraits(UNSEEN), begun);
        };
    }
}
