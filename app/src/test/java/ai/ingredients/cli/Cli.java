package ai.ingredients.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.SafetensorsWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import picocli.CommandLine;

/** The program as a user types it, without a process of its own. */
final class Cli {
    static final Path MODEL = Path.of("../examples/tiny-random");
    static final Path PHOTOS = Path.of("../examples/photos");
    static final Path FIXTURES = Path.of("../core/src/test/resources/fixtures");
    static final String ADA = PHOTOS.resolve("ada.png").toString();
    static final String ALAN = PHOTOS.resolve("alan.png").toString();
    static final String LANDMARKS = PHOTOS.resolve("landmarks.json").toString();

    private Cli() {}

    /** What one call did. */
    record Result(int code, String out, String err) {
        List<String> errLines() {
            return err.lines().toList();
        }

        /** Asserts success, with what went wrong in the message. */
        Result ok() {
            assertThat(code).as(err).isZero();
            return this;
        }

        /** Asserts that the call was refused with {@code expected} as exit code and one line, and nothing else was said. */
        Result refused(int expected, String... fragments) {
            assertThat(code).as(out + err).isEqualTo(expected);
            assertThat(errLines()).as("one line").hasSize(1);
            assertThat(err).startsWith("ingredients").contains(fragments).doesNotContain("\tat ", "Exception");
            assertThat(out).isEmpty();
            return this;
        }
    }

    static Result run(Object... args) {
        return run(Map.of(), args);
    }

    static Result run(Map<String, String> environment, Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine commandLine =
                Main.commandLine(environment).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        int code = commandLine.execute(Stream.of(args).map(Object::toString).toArray(String[]::new));
        return new Result(code, out.toString(), err.toString());
    }

    /** {@code generate} of the smallest useful video with {@code args}, which may repeat no option. */
    static Result generate(Path model, Path output, Object... args) {
        List<Object> all = new ArrayList<>(List.of("generate", "--model", model, "--output", output));
        all.addAll(List.of(args));
        defaults(all, "--prompt", "A walk.");
        defaults(all, "--frames", 9);
        defaults(all, "--height", 32);
        defaults(all, "--width", 48);
        defaults(all, "--steps", 2);
        return run(all.toArray());
    }

    private static void defaults(List<Object> args, String option, Object value) {
        if (!args.contains(option)) {
            args.add(option);
            args.add(value);
        }
    }

    /** The people of a fixture of the pipeline, as a file for {@code --faces}. */
    static Path people(String fixture, Path file) {
        try (Scope scope = Scope.inference();
                SafetensorsFile store = SafetensorsFile.open(fixture(fixture))) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            tensors.put("id_cond", Ops.cat(0, store.get("in_id_cond_0"), store.get("in_id_cond_1")));
            for (int i = 0; i < 5; i++) {
                tensors.put(
                        "id_vit_hidden." + i,
                        Ops.cat(0, store.get("in_vit_hidden_0_" + i), store.get("in_vit_hidden_1_" + i)));
            }
            Tensor canvas = store.get("in_image").permute(2, 0, 1).to(ScalarType.Float);
            tensors.put("canvas", Ops.scale(canvas, 1 / 255.0));
            SafetensorsWriter.write(file, tensors, Map.of());
        }
        return file;
    }

    /** {@code count} random people of the tiny model's widths. */
    static Path randomPeople(int count, Path file) {
        return randomPeople(count, 40, 32, file);
    }

    static Path randomPeople(int count, int idWidth, int vitWidth, Path file) {
        return randomPeople(count, idWidth, vitWidth, 1, file);
    }

    /** {@code corner} is the last value of the canvas. */
    static Path randomPeople(int count, int idWidth, int vitWidth, float corner, Path file) {
        try (Scope scope = Scope.inference()) {
            torch.manual_seed(count);
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            tensors.put("id_cond", torch.randn(count, idWidth));
            for (int i = 0; i < 5; i++) {
                tensors.put("id_vit_hidden." + i, torch.randn(count, 7, vitWidth));
            }
            Tensor canvas = torch.rand(3, 480, 720);
            canvas.flatten().narrow(0, 3 * 480 * 720 - 1, 1).fill_(new Scalar(corner));
            tensors.put("canvas", canvas);
            SafetensorsWriter.write(file, tensors, Map.of());
        }
        return file;
    }

    static Path fixture(String name) {
        return FIXTURES.resolve(name + ".safetensors");
    }

    /** A copy of {@code model} in {@code folder}, to be damaged. */
    static Path copy(Path model, Path folder) {
        try (Stream<Path> files = Files.walk(model)) {
            for (Path file : files.toList()) {
                Path copy = folder.resolve(model.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                }
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A copy of {@link #MODEL} in {@code folder} whose identity tokens are nearly the same for everybody. */
    static Path collapsed(Path folder) {
        Path model = copy(MODEL, folder);
        Path weights = model.resolve("transformer/diffusion_pytorch_model.safetensors");
        try (SafetensorsFile file = SafetensorsFile.open(weights);
                Scope scope = Scope.inference()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            file.names().forEach(name -> tensors.put(name, file.get(name).clone()));
            Objects.requireNonNull(tensors.get("local_facial_extractor.latents"))
                    .mul_(new Scalar(1e5));
            SafetensorsWriter.write(weights, tensors, Map.of());
        }
        return model;
    }

    /** Everything under {@code folder}, hidden files too, by path with size and time of change. */
    static Map<String, String> listing(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            Map<String, String> listing = new TreeMap<>();
            for (Path file : files.toList()) {
                String state =
                        Files.isDirectory(file) ? "folder" : Files.size(file) + " " + Files.getLastModifiedTime(file);
                listing.put(folder.relativize(file).toString(), state);
            }
            return listing;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** ‖a − b‖ / ‖b‖ of tensor {@code name} in two files. */
    static double relativeError(Path actual, String name, Path expected, String expectedName) {
        try (Scope scope = Scope.inference();
                SafetensorsFile a = SafetensorsFile.open(actual);
                SafetensorsFile b = SafetensorsFile.open(expected)) {
            Tensor found = a.get(name).to(ScalarType.Double);
            Tensor wanted = b.get(expectedName).to(ScalarType.Double);
            assertThat(Ops.shape(found)).as(name).isEqualTo(Ops.shape(wanted));
            double norm = wanted.norm().item().toDouble();
            return found.sub(wanted).norm().item().toDouble() / norm;
        }
    }
}
