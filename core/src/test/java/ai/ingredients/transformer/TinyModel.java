package ai.ingredients.transformer;

import ai.ingredients.nn.Blocks.Residency;
import ai.ingredients.tensor.Compute;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.ConfigReader;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.Weights;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** The random-weight transformer of a bundle, opened for a test. */
final class TinyModel implements AutoCloseable {
    final SafetensorsFile file;
    final Weights weights;
    final TransformerConfig config;
    final VideoTransformer model;

    enum Purpose {
        INFERENCE,
        TRAINING
    }

    TinyModel(Path folder, Purpose purpose, Compute compute, Residency residency) {
        file = SafetensorsFile.open(folder.resolve("diffusion_pytorch_model.safetensors"));
        weights = purpose == Purpose.TRAINING ? Weights.trainable(file, compute) : Weights.of(file, compute);
        config = config(folder);
        model = VideoTransformer.load(weights, config, residency);
    }

    /** The transformer of the bundle with identity modules. */
    static TinyModel ingredients() {
        return ingredients(Purpose.INFERENCE);
    }

    static TinyModel ingredients(Purpose purpose) {
        return new TinyModel(Fixture.bundle().resolve("transformer"), purpose, Compute.CPU_FP32, Residency.RESIDENT);
    }

    static TinyModel ingredients(Compute compute) {
        return new TinyModel(Fixture.bundle().resolve("transformer"), Purpose.INFERENCE, compute, Residency.RESIDENT);
    }

    /** A transformer from any folder. */
    static TinyModel plain(Path folder) {
        return new TinyModel(folder, Purpose.INFERENCE, Compute.CPU_FP32, Residency.RESIDENT);
    }

    static TransformerConfig config(Path folder) {
        try {
            Path file = folder.resolve("config.json");
            return TransformerConfig.of(new ConfigReader(new ObjectMapper().readTree(file.toFile()), file.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The fixture's people as one batch: features of person n come from {@code in_*_n}. */
    IdentityContext people(Fixture fixture) {
        int scales = java.util.Objects.requireNonNull(config.identity()).lfeNumScale();
        List<Tensor> vitHidden = new ArrayList<>();
        for (int scale = 0; scale < scales; scale++) {
            List<Tensor> persons = new ArrayList<>();
            for (int n = 0; fixture.has("in_id_cond_" + n); n++) {
                persons.add(fixture.get("in_vit_hidden_" + n + "_" + scale));
            }
            vitHidden.add(ai.ingredients.tensor.Ops.cat(0, persons.toArray(Tensor[]::new)));
        }
        Tensor idCond =
                ai.ingredients.tensor.Ops.cat(0, fixture.series("in_id_cond_").toArray(Tensor[]::new));
        return model.prepare(idCond, vitHidden);
    }

    static RotaryEmbedding rotary(Fixture fixture) {
        return new RotaryEmbedding(fixture.get("in_rope_cos"), fixture.get("in_rope_sin"));
    }

    @Override
    public void close() {
        model.close();
        weights.close();
        file.close();
    }
}
