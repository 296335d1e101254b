package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.WeightNames;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.Loaded;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The three networks in a checkpoint's {@code face_encoder} folder, each opened when it is first asked for:
 *
 * <pre>
 * face_encoder/
 *   detection_Resnet50_Final.pth                RetinaFace (or .safetensors), or instead the folder
 *   detection/    config.json {"network_name": "mobile0.25" or "resnet50"} and model.safetensors;
 *                                               not needed when landmarks are given
 *   EVA02_CLIP_L_336_psz14_s6B.pt               CLIP tower (or .safetensors), or instead the folder
 *   clip_vision/  config.json and model.safetensors or pytorch_model.bin: any EVA-02 CLIP tower
 *   models/antelopev2/glintr100.onnx            ArcFace (also one antelopev2 deeper, as insightface's archive unpacks),
 *                                               or instead the folder
 *   recognition/  config.json and model.safetensors or pytorch_model.bin: any IResNet
 * </pre>
 *
 * <p>Owns what it opens: close it when the people are made, for the CLIP tower alone takes 1.2 GB in fp32. Not
 * thread-safe.
 */
public final class FaceModels implements AutoCloseable {
    private static final String CLIP = "EVA02_CLIP_L_336_psz14_s6B";
    private static final String DETECTOR = "detection_Resnet50_Final";

    private final Path folder;
    private final String variant;
    private final Compute compute;
    private @Nullable Loaded<RetinaFace> detector;
    private @Nullable Loaded<EvaVisionTower> tower;
    private @Nullable FaceRecogniser recogniser;

    private FaceModels(Path modelFolder, String variant, Compute compute) {
        this.folder = modelFolder.resolve("face_encoder");
        this.variant = variant;
        this.compute = compute;
    }

    /**
     * Looks for the files, without opening them. The detector is not asked for yet, since given landmarks replace it.
     *
     * @param modelFolder the checkpoint's folder, which holds {@code face_encoder}
     * @param compute device and dtype of the CLIP tower; the others are on the same device in fp32, ONNX
     *     on the CPU
     * @throws InvalidInputException naming a missing file and where to get it
     */
    public static FaceModels open(Path modelFolder, Compute compute) {
        return open(modelFolder, "", compute);
    }

    /**
     * As {@link #open(Path, Compute)}, with weights of a variant where there are such.
     *
     * @param variant such as {@code fp16}; empty for the plain weights
     */
    public static FaceModels open(Path modelFolder, String variant, Compute compute) {
        FaceModels models = new FaceModels(modelFolder, variant, compute);
        if (!Files.isDirectory(models.folder)) {
            throw new InvalidInputException(
                    models.folder + ": there is no such folder; the released Ingredients checkpoint" + " has it, with "
                            + CLIP + ".pt, " + DETECTOR + ".pth and models/antelopev2/glintr100.onnx");
        }
        models.clipFile();
        models.recogniserPath();
        return models;
    }

    /**
     * As {@link #open} for callers who only look for faces: nothing else is asked for.
     *
     * @throws InvalidInputException when there is no detector
     */
    public static FaceModels detectorOnly(Path modelFolder, String variant, Compute compute) {
        FaceModels models = new FaceModels(modelFolder, variant, compute);
        models.checkDetector();
        return models;
    }

    /**
     * What {@link #open} and the detector would complain about: a line for each file that is not there, with where to get
     * it; empty when photos can be read.
     *
     * @param modelFolder the checkpoint's folder, which holds {@code face_encoder}
     */
    public static List<String> missing(Path modelFolder, String variant) {
        FaceModels models = new FaceModels(modelFolder, variant, Compute.CPU_FP32);
        List<String> missing = new ArrayList<>();
        List<Runnable> searches = List.of(models::detectorFile, models::clipFile, models::recogniserPath);
        for (Runnable search : searches) {
            try {
                search.run();
            } catch (InvalidInputException e) {
                missing.add(e.getMessage());
            }
        }
        return missing;
    }

    /** Device and dtype of the results. */
    public Compute compute() {
        return compute;
    }

    /**
     * Checks that the detector is there, without opening it.
     *
     * @throws InvalidInputException when it is not
     */
    public void checkDetector() {
        detectorFile();
    }

    /** The face detector. */
    public RetinaFace detector() {
        if (detector == null) {
            Path file = detectorFile();
            DetectorBackbone backbone = file.getFileName().toString().startsWith(DETECTOR)
                    ? DetectorBackbone.RESNET50
                    : DetectorConfig.read(file.resolveSibling("config.json")).backbone();
            detector = Loaded.open(file, compute.with(DType.FP32), weights -> new RetinaFace(weights, backbone));
        }
        return detector.model();
    }

    /** The smallest {@link Flatness} of faces that these networks have learned from; 0 where any face will do. */
    double minFlatShare() {
        Path config = folder.resolve("detection/config.json");
        return Files.isRegularFile(config) ? DetectorConfig.read(config).minFlatShare() : 0;
    }

    /** The CLIP image tower. */
    public EvaVisionTower tower() {
        if (tower == null) {
            Path file = clipFile();
            Path config = file.resolveSibling("config.json");
            EvaConfig sizes =
                    file.getFileName().toString().startsWith(CLIP) ? EvaConfig.eva02L14x336() : EvaConfig.read(config);
            tower = Loaded.of(
                    Checkpoint.open(file),
                    compute,
                    EvaVisionTower::scope,
                    weights -> new EvaVisionTower(weights, sizes));
        }
        return tower.model();
    }

    /** The network that tells people apart. */
    public FaceRecogniser recogniser() {
        if (recogniser == null) {
            Path path = recogniserPath();
            recogniser = path.toString().endsWith(".onnx")
                    ? ArcFace.open(path)
                    : IResNetRecogniser.open(path.resolveSibling("config.json"), path, compute);
        }
        return recogniser;
    }

    private Path detectorFile() {
        return found(
                "the RetinaFace detector; it is in the released Ingredients checkpoint and in facexlib's release"
                        + " v0.1.0 (or give landmarks in a JSON file)",
                DETECTOR + ".pth",
                DETECTOR + ".safetensors",
                "detection/model.safetensors");
    }

    private Path clipFile() {
        return found(
                "the CLIP image tower; it is in the released Ingredients checkpoint and in EVA-CLIP's"
                        + " (QuanSun/EVA-CLIP)",
                CLIP + ".pt",
                CLIP + ".safetensors",
                "clip_vision/model.safetensors",
                "clip_vision/pytorch_model.bin");
    }

    /** An ONNX file, or the weights of an IResNet. */
    private Path recogniserPath() {
        return found(
                "the ArcFace network; it is in the released Ingredients checkpoint and in insightface's antelopev2.zip",
                "models/antelopev2/glintr100.onnx",
                "models/antelopev2/antelopev2/glintr100.onnx",
                "recognition/model.safetensors",
                "recognition/pytorch_model.bin");
    }

    /** The first of {@code names} that exists in the folder, of each the variant first. */
    private Path found(String what, String... names) {
        for (String name : names) {
            Path ofVariant = folder.resolve(WeightNames.withVariant(name, variant));
            if (Files.isRegularFile(ofVariant)) {
                return ofVariant;
            }
            if (Files.isRegularFile(folder.resolve(name))) {
                return folder.resolve(name);
            }
        }
        throw new InvalidInputException(folder.resolve(names[0]) + ": missing " + what);
    }

    @Override
    public void close() {
        if (detector != null) {
            detector.close();
            detector = null;
        }
        if (tower != null) {
            tower.close();
            tower = null;
        }
        if (recogniser != null) {
            recogniser.close();
            recogniser = null;
        }
    }
}
