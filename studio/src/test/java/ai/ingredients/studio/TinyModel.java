package ai.ingredients.studio;

import ai.ingredients.io.JsonFile;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.SafetensorsWriter;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/** The model with random weights that lies in the repository, with the demo model's detector: it finds drawn faces. */
public final class TinyModel {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private TinyModel() {}

    /** A photo in which the detector finds a face. */
    public static Path photo(int number) {
        return ROOT.resolve("examples/person-" + number + ".png");
    }

    /** The model's folder, made of links in {@code folder}. */
    public static Path in(Path folder) {
        Path model = folder.resolve("tiny");
        if (Files.exists(model)) {
            return model;
        }
        try {
            Path faces = Files.createDirectories(model.resolve("face_encoder"));
            links(ROOT.resolve("examples/tiny-random"), model, "face_encoder");
            links(ROOT.resolve("examples/tiny-random/face_encoder"), faces, "");
            Files.createSymbolicLink(faces.resolve("detection"), ROOT.resolve("models/demo/face_encoder/detection"));
            Files.writeString(
                    model.resolve("generation_config.json"),
                    "{\"num_inference_steps\": 2, \"guidance_scale\": 6.0, \"image_guidance_scale\": 1.0}");
            return model;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same transformer without people: it continues a picture, and knows how little two steps differ. */
    public static Path continuing(Path folder) {
        Path model = folder.resolve("continuing");
        Path tiny = ROOT.resolve("examples/tiny-random");
        try (SafetensorsFile all =
                SafetensorsFile.open(tiny.resolve("transformer/diffusion_pytorch_model.safetensors"))) {
            Path transformer = Files.createDirectories(model.resolve("transformer"));
            links(tiny, model, "transformer");
            Map<String, Tensor> kept = new LinkedHashMap<>();
            for (String name : all.names()) {
                if (!name.matches("(local_facial_extractor|perceiver_cross_attention|router)\\..*")) {
                    kept.put(name, all.get(name));
                }
            }
            SafetensorsWriter.write(
                    transformer.resolve("diffusion_pytorch_model.safetensors"), kept, Map.of("format", "pt"));
            ObjectNode config = (ObjectNode) JsonFile.read(tiny.resolve("transformer/config.json"));
            config.retain(config.properties().stream()
                    .map(Map.Entry::getKey)
                    .filter(key -> !key.matches("LFE_.*|cross_attn_.*|is_.*|local_face_scale|router_dim"))
                    .toList());
            JsonFile.write(
                    transformer.resolve("config.json"), config.put("_class_name", "CogVideoXTransformer3DModel"));
            Files.writeString(
                    model.resolve("generation_config.json"),
                    "{\"num_inference_steps\": 2, \"guidance_scale\": 6.0, \"image_guidance_scale\": 1.0}");
            Files.writeString(model.resolve("magcache.json"), "{\"mag_ratios\": [1.0, 0.99]}");
            Files.writeString(model.resolve("teacache.json"), "{\"coefficients\": [4.0, 0.0]}");
            return model;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void links(Path from, Path to, String except) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                if (!name.equals(except)) {
                    Files.createSymbolicLink(to.resolve(name), file);
                }
            }
        }
    }
}
