package ai.ingredients.cli;

import static ai.ingredients.cli.Cli.ADA;
import static ai.ingredients.cli.Cli.ALAN;
import static ai.ingredients.cli.Cli.FIXTURES;
import static ai.ingredients.cli.Cli.LANDMARKS;
import static ai.ingredients.cli.Cli.MODEL;
import static ai.ingredients.cli.Cli.generate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A mistake of the user's gets one line that helps, exit code 2, and leaves every folder as it was. */
class BadInputTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> WEIGHTS = List.of(
            "text_encoder/model.safetensors",
            "transformer/diffusion_pytorch_model.safetensors",
            "vae/diffusion_pytorch_model.safetensors");

    @TempDir
    Path in;

    @TempDir
    Path out;

    private Map<String, String> before = Map.of();

    @BeforeEach
    void look() throws IOException {
        Files.writeString(out.resolve("older.mp4"), "not mine");
        before = Cli.listing(out);
    }

    @AfterEach
    void nothingIsLeftBehind() {
        assertThat(Cli.listing(out)).isEqualTo(before);
    }

    private Path video() {
        return out.resolve("out.mp4");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        --frames 10                    | --frames 10 cannot be made | use 9 or 17
        --frames 0                     | --frames 0 cannot be made  | use 1
        --height 50                    | --height 50 cannot be made | use 48 or 64
        --width 8                      | --width 8 cannot be made   | use 16
        --steps 0                      | --steps 0                  | at least 1
        --steps 2000                   | --steps 2000               | 1000 timesteps
        --steps many                   | --steps                    | 'many' is not an int
        --guidance NaN                 | --guidance                 | no number
        --guidance Infinity            | --guidance                 | no number
        --guidance nan                 | --guidance                 | 'nan'
        --guidance six                 | --guidance                 | 'six'
        --face-scale NaN               | --face-scale               | no number
        --max-sequence-length 0        | --max-sequence-length 0    | too short
        --seed 99999999999999999999    | --seed                     | is no seed
        --scheduler euler              | euler                      | ddim
        --routing any                  | any                        | per-branch
        --guidance-interval 0.8..0.2   | --guidance-interval        | 0.2..0.8
        --guidance-interval late       | --guidance-interval        | FROM..TO
        --layout 0.4..0.2              | --layout                   | 0 <= SETTLE < UNTIL <= 1
        --layout on                    | --layout                   | SETTLE..UNTIL
        --magcache=-1                  | --magcache                 | at least 0
        --magcache=much                | --magcache                 | THRESHOLD
        --magcache                     | --magcache needs           | --magcache-calibrate FILE
        --magcache=0.1 --magcache-ratios nowhere.json | nowhere.json | no such file
        --magcache --magcache-calibrate r.json | --magcache-calibrate | leave out --magcache
        --magcache-ratios ratios.json  | --magcache-ratios | is for --magcache, which
        --teacache-polynomial tea.json | --teacache-polynomial | is for --teacache, which
        --dtype int8                   | int8                       | bf16
        --teacache=-1                  | --teacache                 | at least 0
        --teacache=much                | --teacache                 | a threshold, such as 0.2
        --teacache                     | --teacache needs           | --teacache-calibrate FILE
        --teacache=0.1 --teacache-polynomial nowhere.json | nowhere.json | no such file
        --teacache --magcache          | --magcache and --teacache  | use one of them
        --teacache --teacache-calibrate r.json | --teacache-calibrate | leave out --magcache, --teacache
        --weights-dtype int4           | --weights-dtype            | same or int8
        --device gpu                   | gpu                        | cuda:i
        --device cuda:99999999999      | cuda:99999999999           | cuda:i
        --device cuda:4321             | cuda:4321                  | ingredients doctor
        --memory some                  | some                       | layer
        --vae-tiling maybe             | maybe                      | auto, on or off
        --dynamic-guidance odd         | odd                        | dynamic
        --lora-mode beside             | --lora-mode                | side-by-side
        --learned-positions free       | --learned-positions        | interpolated or official
        --lora nowhere.safetensors:0.5 | nowhere.safetensors        | no such file
        --stepz 3                      | --stepz                    | did you mean --steps
        --face-index 0                 | --face-index               | --image
        --faces nowhere.safetensors    | nowhere.safetensors        | no such file
        --image nowhere.png            | nowhere.png                | no such file
        """)
    void badValues(String options, String found, String remedy) {
        generate(MODEL, video(), (Object[]) options.split(" ", -1)).refused(2, found, remedy);
    }

    /** Options are refused before photos are read: here the first photo has no face models to be read with. */
    @ParameterizedTest
    @ValueSource(strings = {"--scheduler euler", "--routing any", "--steps 0", "--frames 10", "--memory some"})
    void optionsAreCheckedBeforePhotos(String options) {
        List<Object> args = new ArrayList<>(List.of((Object[]) options.split(" ", -1)));
        args.addAll(List.of("--image", ADA));
        generate(MODEL, video(), args.toArray()).refused(2, options.split(" ", -1)[1]);
    }

    @Test
    void options() {
        Cli.run("generate", "--model", MODEL, "--output", video()).refused(2, "--prompt");
        generate(MODEL, video(), "--prompt", "").refused(2, "the prompt is empty");
        generate(MODEL, video(), "--prompt", " \n ").refused(2, "the prompt is empty");
        generate(MODEL, video(), "--faces", "a.safetensors", "--image", ADA).refused(2, "--faces and --image");
        generate(MODEL, video(), "--landmarks", LANDMARKS).refused(2, "--landmarks", "--image");
        generate(MODEL, video(), "--image", ADA, "--face-index", -1).refused(2, "--face-index -1");
        generate(MODEL, video(), "leftover").refused(2, "leftover");
        Cli.run("generate", "--promt", "x").refused(2, "--promt", "did you mean --prompt");
        Cli.run("generat").refused(2, "generat", "did you mean generate");
        Cli.run("faces", "--model", MODEL).refused(2, "PHOTO");
    }

    @Test
    void models() throws IOException {
        generate(in.resolve("nowhere"), video()).refused(2, "nowhere", "there is no such folder");
        generate(in, video()).refused(2, "has no model_index.json");
        generate(Path.of("../examples"), video()).refused(2, "did you mean", "tiny-random");
        generate(Path.of(ADA), video()).refused(2, "is a file");
        for (String part : List.of("transformer", "vae", "text_encoder", "scheduler", "tokenizer")) {
            Path model = Cli.copy(MODEL, Files.createDirectory(in.resolve(part)));
            Files.move(model.resolve(part), model.resolve("elsewhere"));
            generate(model, video()).refused(2, part);
        }
    }

    @Test
    void brokenConfigs() throws IOException {
        Path model = Cli.copy(MODEL, Files.createDirectory(in.resolve("m")));
        Path config = model.resolve("transformer/config.json");
        ObjectNode good = (ObjectNode) JSON.readTree(config.toFile());
        Files.writeString(config, "{\"num_layers\": ");
        generate(model, video()).refused(2, "config.json", "not valid JSON");
        Files.write(config, JSON.writeValueAsBytes(good.deepCopy().put("num_layers", -1)));
        generate(model, video()).refused(2, "num_layers", "-1");
        Files.write(config, JSON.writeValueAsBytes(good.deepCopy().put("num_layers", "many")));
        generate(model, video()).refused(2, "num_layers", "many");
    }

    @Test
    void adaptersOfOtherModels() {
        Path tiny = FIXTURES.resolve("lora/plain.safetensors");
        generate(MODEL, video(), "--lora", tiny + ":0.5")
                .refused(2, "plain.safetensors: 8 of its 8 layers have another shape", "what fits are adapters of");
        generate(MODEL, video(), "--lora", tiny + ":strong").refused(2, "the scale \"strong\" is no number");
        generate(MODEL, video(), "--lora", tiny, "--save-latents", tiny).refused(2, "is read by --lora");
    }

    @Test
    void plainModelsKnowNoPeople() {
        generate(FIXTURES.resolve("bundle_t2v"), video(), "--image", ADA, "--image", ALAN, "--landmarks", LANDMARKS)
                .refused(2, "knows no people", "2 were given");
    }

    @Test
    void outputs() throws IOException {
        generate(MODEL, out.resolve("no/such/out.mp4")).refused(2, "no/such", "does not exist");
        Path named = Files.createDirectory(in.resolve("folder.mp4"));
        generate(MODEL, named).refused(2, "is a folder");
        generate(MODEL, out.resolve("out.avi")).refused(2, "out.avi", ".mp4");
        generate(MODEL, out.resolve("out")).refused(2, ".mp4");
        generate(MODEL, Path.of(ADA).resolve("out.mp4")).refused(2, "not a folder");
        generate(MODEL, video(), "--save-latents", out.resolve("x.pt")).refused(2, "--save-latents", ".safetensors");
        generate(MODEL, video(), "--save-latents", out.resolve("no/x.safetensors"))
                .refused(2, "does not exist");
        generate(MODEL, video(), "--save-frames", out.resolve("older.mp4")).refused(2, "is a file");
        Path twice = out.resolve("x.safetensors");
        generate(MODEL, video(), "--save-latents", twice, "--save-routing", out.resolve("./x.safetensors"))
                .refused(2, "--save-latents", "--save-routing", "different names");
        Path people = Cli.randomPeople(2, in.resolve("people.safetensors"));
        generate(MODEL, video(), "--faces", people, "--save-latents", people)
                .refused(2, "is read by --faces", "--save-latents");
        Cli.run("faces", "--model", MODEL, ADA, "--output", out.resolve("p.pt")).refused(2, "p.pt", ".safetensors");
    }

    @Test
    void aFolderThatTakesNoFiles() {
        Path closed = Path.of("/proc/self");
        assumeTrue(Files.isDirectory(closed), "only Linux has /proc");
        generate(MODEL, closed.resolve("out.mp4")).refused(2, "no file can be made in /proc/self");
        generate(MODEL, video(), "--save-frames", closed.resolve("frames")).refused(2, "cannot be made");
    }

    @Test
    void photos() throws IOException {
        generate(MODEL, video(), "--image", ADA).refused(2, "detection_Resnet50_Final", "landmarks");
        Cli.run("faces", "--model", MODEL, ADA, "--output", out.resolve("p.safetensors"))
                .refused(2, "detection_Resnet50_Final");
        Path truncated = in.resolve("ada.png");
        Files.write(truncated, Arrays.copyOf(Files.readAllBytes(Path.of(ADA)), 2000));
        generate(MODEL, video(), "--image", truncated, "--landmarks", LANDMARKS).refused(2, "ada.png");
        for (String evil : List.of("evil_truncated.jpg", "evil_not_an_image.jpg", "evil_bomb_20000x20000.png")) {
            generate(MODEL, video(), "--image", FIXTURES.resolve("images").resolve(evil))
                    .refused(2, evil);
        }
        Path empty = Files.createFile(in.resolve("empty.jpg"));
        generate(MODEL, video(), "--image", empty).refused(2, "empty.jpg");
        generate(MODEL, video(), "--image", in).refused(2, in.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"ada.png\": [[1, 2]]}",
                "{\"ada.png\": 5}",
                "{\"ada.png\": [[1, 2], [3, 4], [5, 6], [7, 8], [9]]}",
                "{\"ada.png\": [[1, 2], [3, 4], [5, 6], [7, 8], [9, \"x\"]]}",
                "{\"ada.png\": [[1, 1], [1, 1], [1, 1], [1, 1], [1, 1]]}",
                "[1, 2]",
                "{\"ada.png\": ",
                ""
            })
    void brokenLandmarks(String json) throws IOException {
        Path file = Files.writeString(in.resolve("points.json"), json);

        Cli.Result result = generate(MODEL, video(), "--image", ADA, "--landmarks", file);

        result.refused(2, json.contains("[1, 1]") ? "ada.png" : "points.json");
    }

    @Test
    void brokenPeople() throws IOException {
        Path file = in.resolve("people.safetensors");
        generate(MODEL, video(), "--faces", Cli.randomPeople(2, 41, 32, file)).refused(2, "id_cond", "41", "40");
        generate(MODEL, video(), "--faces", Cli.randomPeople(2, 40, 33, file)).refused(2, "id_vit_hidden", "33", "32");
        generate(MODEL, video(), "--faces", Cli.fixture("rotary")).refused(2, "has no tensor id_cond");
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            Cli.randomPeople(2, 40, 32, bad, file);
            generate(MODEL, video(), "--faces", file)
                    .refused(2, "people.safetensors: canvas holds NaN or infinite values");
        }
        Cli.randomPeople(2, file);
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 5000));
        generate(MODEL, video(), "--faces", file).refused(2, "people.safetensors", "truncated");
        generate(MODEL, video(), "--faces", LANDMARKS).refused(2, "landmarks.json");
    }

    /** Found before the prompt is read, whichever component it is. */
    @Test
    void damagedWeightFiles() throws IOException {
        Path model = Cli.copy(MODEL, Files.createDirectory(in.resolve("m")));
        for (String weights : WEIGHTS) {
            Path file = model.resolve(weights);
            byte[] good = Files.readAllBytes(file);
            damaged(model, file, Arrays.copyOf(good, good.length - 100), "truncated");
            damaged(model, file, Arrays.copyOf(good, 50), "truncated");
            damaged(model, file, Arrays.copyOf(good, 5), "too few");
            damaged(model, file, Arrays.copyOf(good, good.length + 8), "accounts for");
            byte[] longHeader = good.clone();
            ByteBuffer.wrap(longHeader).order(ByteOrder.LITTLE_ENDIAN).putLong(good.length);
            damaged(model, file, longHeader, "header");
            damaged(
                    model,
                    file,
                    withHeader(
                            good,
                            (name, entry) ->
                                    entry.putArray("data_offsets").add(0).add(4)),
                    "");
            damaged(
                    model,
                    file,
                    withHeader(
                            good,
                            (name, entry) ->
                                    entry.putArray("data_offsets").add(1L << 40).add(1L << 41)),
                    "");
            // A type nobody knows is no damage while nothing asks for the tensor; the model does, when it is loaded.
            Files.write(file, withHeader(good, (name, entry) -> entry.put("dtype", "F33")));
            Cli.Result unknown = generate(model, video());
            assertThat(unknown.code()).isEqualTo(2);
            assertThat(unknown.errLines().getLast())
                    .contains(file.toString(), "1 wrong dtype", " is F33, the model needs floating point");
            damaged(model, file, duplicateKey(good), "");
            Files.write(file, good);
        }
    }

    private void damaged(Path model, Path file, byte[] content, String fragment) throws IOException {
        Files.write(file, content);
        generate(model, video()).refused(2, file.toString(), fragment);
    }

    private interface HeaderChange {
        void to(String name, ObjectNode entry);
    }

    /** {@code file} with the first tensor's header entry changed and the values as they were. */
    private static byte[] withHeader(byte[] file, HeaderChange change) throws IOException {
        int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
        ObjectNode header = (ObjectNode) JSON.readTree(new String(file, 8, length, StandardCharsets.UTF_8));
        String first = header.properties().stream()
                .map(Map.Entry::getKey)
                .filter(name -> !name.startsWith("__"))
                .findFirst()
                .orElseThrow();
        change.to(first, (ObjectNode) header.get(first));
        return assemble(JSON.writeValueAsBytes(header), file, 8 + length);
    }

    private static byte[] duplicateKey(byte[] file) throws IOException {
        int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
        ObjectNode header = (ObjectNode) JSON.readTree(new String(file, 8, length, StandardCharsets.UTF_8));
        var last = header.properties().stream().reduce((a, b) -> b).orElseThrow();
        String again = header.toString().replaceAll("}$", ",\"" + last.getKey() + "\":" + last.getValue() + "}");
        return assemble(again.getBytes(StandardCharsets.UTF_8), file, 8 + length);
    }

    private static byte[] assemble(byte[] header, byte[] file, int values) {
        return ByteBuffer.allocate(8 + header.length + file.length - values)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .put(file, values, file.length - values)
                .array();
    }

    /** Weights that are whole but not this model's come to light when they are loaded: one line, after the progress. */
    @Test
    void otherWeights() throws IOException {
        Path model = Cli.copy(MODEL, Files.createDirectory(in.resolve("m")));
        for (String weights : WEIGHTS) {
            Path file = model.resolve(weights);
            byte[] good = Files.readAllBytes(file);
            Files.write(file, withHeader(good, (name, entry) -> {
                long elements = 1;
                for (var side : entry.get("shape")) {
                    elements *= side.asLong();
                }
                entry.putArray("shape").add(1).add(1).add(elements);
            }));
            refusedLate(model, "wrong shape");
            Files.write(file, withHeader(good, (name, entry) -> entry.put("dtype", "I32")));
            refusedLate(model, "I32");
            Files.copy(Cli.fixture("rotary"), file, StandardCopyOption.REPLACE_EXISTING);
            refusedLate(model, "missing");
            Files.write(file, good);
        }
    }

    private void refusedLate(Path model, String fragment) {
        Cli.Result result = generate(model, video(), "--save-frames", out.resolve("frames"));
        assertThat(result.code()).as(result.err()).isEqualTo(2);
        assertThat(result.errLines().getLast())
                .startsWith("ingredients generate: ")
                .contains(fragment);
        assertThat(result.err()).doesNotContain("\tat ", "Exception");
        assertThat(result.out()).isEmpty();
    }

    @Test
    void shards() throws IOException {
        Path model = Cli.copy(MODEL, Files.createDirectory(in.resolve("m")));
        Path weights = model.resolve("transformer/diffusion_pytorch_model.safetensors");
        Path index = model.resolve("transformer/diffusion_pytorch_model.safetensors.index.json");
        Files.delete(weights);
        generate(model, video()).refused(2, "transformer");
        Files.writeString(index, "{\"weight_map\": {\"a\": \"one-00001-of-00002.safetensors\"}}");
        generate(model, video()).refused(2, "one-00001-of-00002.safetensors");
        Files.writeString(index, "{\"weight_map\": ");
        generate(model, video()).refused(2, "index.json", "JSON");
        Files.writeString(index, "{\"weight_map\": {\"a\": \"../../secret.safetensors\"}}");
        generate(model, video()).refused(2, "index.json", "secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil_builtins_eval_proto2.pt", "evil_posix_system_zip.pt", "evil_truncated_zip_60.pt"})
    void pickles(String evil) throws IOException {
        Path model = Cli.copy(MODEL, Files.createDirectory(in.resolve("m")));
        Files.delete(model.resolve("text_encoder/model.safetensors"));
        Files.copy(FIXTURES.resolve("pickles").resolve(evil), model.resolve("text_encoder/pytorch_model.bin"));

        generate(model, video()).refused(2, "pytorch_model.bin");
    }

    @Test
    void brokenTokenizer() throws IOException {
        Path model = Cli.copy(MODEL, Files.createDirectory(in.resolve("m")));
        Path pieces = model.resolve("tokenizer/spiece.model");
        try (RandomAccessFile file = new RandomAccessFile(pieces.toFile(), "rw")) {
            file.setLength(1000);
        }
        refusedLate(model, "spiece.model");
        Files.delete(pieces);
        refusedLate(model, "spiece.model");
    }

    @Test
    void brokenFaceModels() throws IOException {
        Path model = Cli.copy(MODEL, Files.createDirectory(in.resolve("m")));
        Path arc = model.resolve("face_encoder/models/antelopev2/glintr100.onnx");
        Object[] args = {
            "faces",
            "--model",
            model,
            "--output",
            out.resolve("p.safetensors"),
            "--landmarks",
            LANDMARKS,
            "--save-crops",
            out.resolve("crops"),
            ADA
        };
        byte[] good = Files.readAllBytes(arc);
        Files.write(arc, Arrays.copyOf(good, 500));
        Cli.run(args).refused(2, "glintr100.onnx");
        Files.delete(arc);
        Cli.run(args).refused(2, "glintr100.onnx", "missing");
        Files.write(arc, good);
        Path clip = model.resolve("face_encoder/clip_vision/model.safetensors");
        Files.write(clip, Arrays.copyOf(Files.readAllBytes(clip), 500));
        Cli.run(args).refused(2, "clip_vision");
    }
}
