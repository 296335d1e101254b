package ai.ingredients.metrics;

import ai.ingredients.InvalidInputException;
import ai.ingredients.media.Picture;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.Fingerprint;
import ai.ingredients.weights.Loaded;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * CLIPScore: how well the frames of a video fit its prompt, from 0 to 100.
 *
 * <p>Source: CLIPScore (arXiv 2104.08718) without its factor of 2.5, as in torchmetrics and the paper's tables:
 * 100 · max(cos, 0), averaged over frames. What the official script computes instead is
 * {@link PaperMetrics#clipScore}.
 *
 * <p>Opened from the folder of a Hugging Face {@code CLIPModel}, for instance {@code openai/clip-vit-base-patch32}.
 * Computes in fp32. Owns native memory: close it after use. Thread-safe.
 */
public final class ClipScore implements AutoCloseable {
    private static final int BATCH = 16;

    private final String name;
    private final Loaded<ClipModel> loaded;
    private final ClipModel model;
    private final ClipImageProcessor processor;
    private final ClipTokenizer tokenizer;

    private ClipScore(String name, Loaded<ClipModel> loaded, ClipImageProcessor processor, ClipTokenizer tokenizer) {
        this.name = name;
        this.loaded = loaded;
        this.model = loaded.model();
        this.processor = processor;
        this.tokenizer = tokenizer;
    }

    /**
     * Opens {@code folder}: {@code config.json}, {@code preprocessor_config.json}, the weights, and the tokenizer's
     * {@code vocab.json} with {@code merges.txt} or {@code tokenizer.json}.
     *
     * @throws InvalidInputException when one of them is missing, or they do not belong together
     */
    public static ClipScore open(Path folder, Compute compute) {
        ClipConfig config = ClipConfig.read(folder.resolve("config.json"));
        Path preprocessing = folder.resolve("preprocessor_config.json");
        ClipImageProcessor processor = ClipImageProcessor.read(preprocessing);
        if (processor.crop() != config.vision().imageSize()) {
            throw new InvalidInputException(preprocessing + ": crop_size is " + processor.crop()
                    + ", but the model takes pictures of " + config.vision().imageSize()
                    + "; config.json and this file must belong together");
        }
        ClipTokenizer tokenizer = ClipTokenizer.open(
                folder, config.text().maxPositionEmbeddings(), config.text().vocabSize());
        try {
            Loaded<ClipModel> loaded =
                    Loaded.open(folder, compute.with(DType.FP32), weights -> new ClipModel(weights, config));
            return new ClipScore(Fingerprint.of(folder), loaded, processor, tokenizer);
        } catch (RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    /** Says which network this is. */
    public String name() {
        return name;
    }

    /**
     * The mean over {@code frames} of 100 · max(cos, 0).
     *
     * @throws InvalidInputException when there is no frame
     */
    public double of(List<Picture> frames, String prompt) {
        double sum = 0;
        for (float cosine : cosines(frames, prompt)) {
            sum += 100.0 * Math.max(cosine, 0);
        }
        return sum / frames.size();
    }

    /** How many tokens at the end of {@code prompt} the model cannot see; CLIP reads 77 with start and end. */
    public int dropped(String prompt) {
        return tokenizer.encode(prompt).dropped();
    }

    /** The cosine between each of {@code frames}, of any sizes, and {@code prompt}. */
    float[] cosines(List<Picture> frames, String prompt) {
        if (frames.isEmpty()) {
            throw new InvalidInputException("no frame to compare with the prompt; the CLIP score needs at least one");
        }
        try (Scope scope = Scope.inference()) {
            Tensor text = model.embedText(tokenizer.encode(prompt).ids()); // [1, projection]
            Tensor[] rows = new Tensor[(frames.size() + BATCH - 1) / BATCH];
            for (int i = 0; i < rows.length; i++) {
                List<Picture> batch = frames.subList(i * BATCH, Math.min((i + 1) * BATCH, frames.size()));
                rows[i] = Scope.of(
                        () -> model.embedImages(processor.pixels(batch)).matmul(text.t())); // [B, 1]
            }
            return Ops.floats(Ops.cat(0, rows));
        }
    }

    /** What a logit is of a cosine, see {@link ClipModel#logitScale}. */
    double logitScale() {
        return model.logitScale();
    }

    @Override
    public void close() {
        loaded.close();
        tokenizer.close();
    }
}
