package ai.ingredients.inspection;

import ai.ingredients.InvalidInputException;
import ai.ingredients.inspection.Inspection.Shown;
import ai.ingredients.inspection.Inspection.Step;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.media.VideoReader;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.SafetensorsWriter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The files of an inspection from which its pictures can be drawn again: {@value #FIGURES}, {@value #ROUTING} (as
 * {@code generate --save-routing} writes it, but the steps shown only, fp16), {@value #RESIDUAL} ({@code [V]} for each
 * step shown and block) and {@value #VIDEO}.
 */
public final class InspectionFolder {
    public static final String FIGURES = "inspection.json";
    public static final String ROUTING = "routing.safetensors";
    public static final String RESIDUAL = "residual.safetensors";
    public static final String VIDEO = "video.mp4";

    private InspectionFolder() {}

    /**
     * Everything but the maps as JSON.
     *
     * @param recipe how the video was made
     */
    public static ObjectNode json(View view, ObjectNode recipe) {
        Inspection inspection = view.inspection();
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.set("people", texts(view.people()));
        json.put("frame", view.frame());
        TokenGrid grid = inspection.grid();
        json.putObject("tokens")
                .put("frames", grid.frames())
                .put("rows", grid.rows())
                .put("columns", grid.columns());
        json.set("mean", figures(inspection.mean()));
        ArrayNode blocks = json.putArray("blocks");
        List<Figures> byBlock = inspection.byBlock();
        for (int i = 0; i < byBlock.size(); i++) {
            blocks.addObject().put("block", inspection.blocks().get(i)).setAll(figures(byBlock.get(i)));
        }
        ArrayNode shown = json.putArray("steps_shown");
        inspection.shown().forEach(step -> shown.add(step.step()));
        ArrayNode steps = json.putArray("steps");
        for (Step step : inspection.steps()) {
            ArrayNode list = steps.addObject()
                    .put("step", step.step())
                    .put("timestep", step.timestep())
                    .putArray("blocks");
            for (int i = 0; i < step.blocks().size(); i++) {
                list.addObject()
                        .put("block", inspection.blocks().get(i))
                        .setAll(figures(step.blocks().get(i)));
            }
        }
        json.set("recipe", recipe);
        return json;
    }

    private static ArrayNode texts(List<String> texts) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        texts.forEach(array::add);
        return array;
    }

    private static ObjectNode figures(Figures figures) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode owned = json.putArray("owned");
        figures.owned().forEach(share -> owned.add(rounded(share)));
        ArrayNode weight = json.putArray("weight");
        figures.weight().forEach(share -> weight.add(rounded(share)));
        put(json, "entropy_bits", figures.entropy());
        put(json, "residual", figures.residual());
        put(json, "same_as_step_before", figures.sameAsStepBefore());
        put(json, "same_as_block_before", figures.sameAsBlockBefore());
        put(json, "accuracy", figures.accuracy());
        return json;
    }

    /** What there is not is null: JSON has no NaN. */
    private static void put(ObjectNode json, String key, double value) {
        json.put(key, Double.isNaN(value) ? null : (Double) rounded(value));
    }

    /** More digits than this only hide the figure. */
    private static double rounded(double value) {
        return Math.round(value * 1e6) / 1e6;
    }

    /** Writes the maps of the steps shown as {@value #ROUTING}, whole or not at all. */
    public static void writeRouting(Path file, Inspection inspection) {
        write(
                file,
                inspection,
                maps -> Ops.tensor(maps.shareValues(), inspection.grid().tokens(), maps.people()));
    }

    /** Writes the maps of the steps shown as {@value #RESIDUAL}, whole or not at all. */
    public static void writeResidual(Path file, Inspection inspection) {
        write(
                file,
                inspection,
                maps -> Ops.tensor(maps.residualValues(), inspection.grid().tokens()));
    }

    private static void write(Path file, Inspection inspection, Function<TokenMaps, Tensor> values) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        List<String> timesteps = new ArrayList<>();
        try (Scope scope = Scope.inference()) {
            for (Shown step : inspection.shown()) {
                timesteps.add(String.valueOf(step.timestep()));
                for (int i = 0; i < step.blocks().size(); i++) {
                    Tensor map = values.apply(step.blocks().get(i)).to(ScalarType.Half);
                    tensors.put(name(step.step(), inspection.blocks().get(i)), map);
                }
            }
            TokenGrid grid = inspection.grid();
            Map<String, String> metadata = new LinkedHashMap<>();
            metadata.put("frames", String.valueOf(grid.frames()));
            metadata.put("rows", String.valueOf(grid.rows()));
            metadata.put("columns", String.valueOf(grid.columns()));
            metadata.put("timesteps", String.join(",", timesteps));
            SafetensorsWriter.write(file, tensors, metadata);
        }
    }

    private static String name(int step, int block) {
        return String.format(Locale.ROOT, "step_%03d.block_%02d", step, block);
    }

    /**
     * Reads what {@code inspect run} wrote.
     *
     * @throws InvalidInputException when the folder holds no complete inspection
     */
    public static View read(Path folder) {
        Path file = folder.resolve(FIGURES);
        if (!Files.exists(file)) {
            throw new InvalidInputException(
                    folder + ": holds no inspection (" + FIGURES + "); make one with `ingredients inspect run`");
        }
        JsonNode json = JsonFile.read(file);
        JsonNode tokens = json.path("tokens");
        TokenGrid grid = new TokenGrid(
                number(file, tokens, "frames"), number(file, tokens, "rows"), number(file, tokens, "columns"));
        List<String> people = new ArrayList<>();
        list(file, json, "people").forEach(name -> people.add(name.asText()));
        List<Integer> blocks = new ArrayList<>();
        for (JsonNode block : list(file, json, "blocks")) {
            blocks.add(number(file, block, "block"));
        }
        List<Step> steps = new ArrayList<>();
        for (JsonNode step : list(file, json, "steps")) {
            List<Figures> figures = new ArrayList<>();
            list(file, step, "blocks").forEach(block -> figures.add(figures(block)));
            steps.add(new Step(number(file, step, "step"), step.path("timestep").asLong(), figures));
        }
        List<Shown> shown = shown(folder, file, json, blocks, steps, people.size(), grid);
        int frame = number(file, json, "frame");
        Path last = folder.toAbsolutePath().normalize().getFileName();
        return new View(
                String.valueOf(last),
                new Inspection(grid, people.size(), blocks, steps, shown),
                people,
                frame,
                frame(folder.resolve(VIDEO), frame));
    }

    private static List<Shown> shown(
            Path folder, Path file, JsonNode json, List<Integer> blocks, List<Step> steps, int people, TokenGrid grid) {
        List<Shown> shown = new ArrayList<>();
        try (Scope scope = Scope.inference();
                SafetensorsFile routing = SafetensorsFile.open(folder.resolve(ROUTING));
                SafetensorsFile residual = SafetensorsFile.open(folder.resolve(RESIDUAL))) {
            for (JsonNode number : list(file, json, "steps_shown")) {
                int step = number.asInt();
                List<TokenMaps> maps = new ArrayList<>();
                for (int block : blocks) {
                    String name = name(step, block);
                    maps.add(TokenMaps.of(
                            people,
                            values(folder.resolve(ROUTING), routing, name, grid.tokens() * people),
                            values(folder.resolve(RESIDUAL), residual, name, grid.tokens())));
                }
                if (step < 0 || step >= steps.size()) {
                    throw damaged(file, "steps_shown");
                }
                shown.add(new Shown(step, steps.get(step).timestep(), maps));
            }
        }
        return shown;
    }

    private static float[] values(Path file, SafetensorsFile stored, String name, int count) {
        if (!stored.names().contains(name)) {
            throw damaged(file, name);
        }
        float[] values = Ops.floats(stored.get(name));
        if (values.length != count) {
            throw damaged(file, name);
        }
        return values;
    }

    private static Picture frame(Path video, int frame) {
        try (VideoReader reader = VideoReader.open(video)) {
            if (!reader.has(frame)) {
                throw damaged(video, "frame " + frame);
            }
            return reader.frame(frame);
        }
    }

    private static Figures figures(JsonNode json) {
        List<Double> owned = new ArrayList<>();
        json.path("owned").forEach(value -> owned.add(value.asDouble()));
        List<Double> weight = new ArrayList<>();
        json.path("weight").forEach(value -> weight.add(value.asDouble()));
        return new Figures(
                owned,
                weight,
                json.path("entropy_bits").asDouble(Double.NaN),
                json.path("residual").asDouble(Double.NaN),
                json.path("same_as_step_before").asDouble(Double.NaN),
                json.path("same_as_block_before").asDouble(Double.NaN),
                json.path("accuracy").asDouble(Double.NaN));
    }

    private static int number(Path file, JsonNode json, String key) {
        if (!json.path(key).isInt()) {
            throw damaged(file, key);
        }
        return json.path(key).intValue();
    }

    private static JsonNode list(Path file, JsonNode json, String key) {
        if (!json.path(key).isArray() || json.path(key).isEmpty()) {
            throw damaged(file, key);
        }
        return json.path(key);
    }

    private static InvalidInputException damaged(Path file, String what) {
        return new InvalidInputException(
                file + ": has no usable " + what + "; make the inspection again with `ingredients inspect run`");
    }
}
