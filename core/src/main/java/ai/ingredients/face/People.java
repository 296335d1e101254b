package ai.ingredients.face;

import ai.ingredients.InvalidInputException;
import ai.ingredients.io.JsonFile;
import ai.ingredients.media.Picture;
import ai.ingredients.media.PictureTensors;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.weights.SafetensorsFile;
import ai.ingredients.weights.SafetensorsWriter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The people of one video: an identity each, and the canvas the VAE encodes.
 *
 * <p>The file form is one safetensors file with {@code id_cond} [N, Did], {@code id_vit_hidden.0} to {@code .4}
 * [N, T, Dvit] and {@code canvas} [3, 480, 720] in fp32 from 0 to 1, R, G, B; a canvas of another size is taken as it is.
 * Names, where there are any, are a JSON array of N texts in its metadata under {@code names}.
 *
 * <p>The tensors belong to the scope in which they were made; {@link #retain} and {@link #close} are for people who
 * outlive it.
 *
 * @param identities at least one, all of the same shapes
 * @param canvas {@value ReferenceCanvas#WIDTH}x{@value ReferenceCanvas#HEIGHT} pixels as {@link ReferenceCanvas} lays it out; it is resized to the
 *     video's size before the VAE
 * @param names what each is called, {@link PersonName#NONE} for those without a name
 */
public record People(List<Identity> identities, Picture canvas, List<String> names) implements AutoCloseable {
    private static final String ID_COND = "id_cond";
    private static final String VIT_HIDDEN = "id_vit_hidden.";
    private static final String CANVAS = "canvas";
    private static final long MOST_PIXELS = 4096L * 4096;
    private static final String NAMES = "names";

    public People {
        identities = List.copyOf(identities);
        names = List.copyOf(names);
        if (identities.isEmpty()) {
            throw new InvalidInputException("a video with identities needs at least one person");
        }
        if (names.size() != identities.size()) {
            throw new InvalidInputException(names.size() + " names were given to " + identities.size() + " people");
        }
        PersonName.check("the people", names);
        List<String> first = identities.getFirst().shapes();
        for (int n = 1; n < identities.size(); n++) {
            if (!identities.get(n).shapes().equals(first)) {
                throw new InvalidInputException("person " + (n + 1) + " has features of shapes "
                        + identities.get(n).shapes() + ", the first one " + first
                        + "; prepare all photos with the same face encoders");
            }
        }
    }

    /** People without names. */
    public People(List<Identity> identities, Picture canvas) {
        this(identities, canvas, Collections.nCopies(identities.size(), PersonName.NONE));
    }

    /**
     * The same people, called {@code others}.
     *
     * @throws InvalidInputException when two are called the same
     */
    public People named(List<String> others) {
        return new People(identities, canvas, others);
    }

    /** How many people. */
    public int size() {
        return identities.size();
    }

    /** Global features of all people, [N, Did], owned by the innermost scope. */
    public Tensor idCond() {
        return Ops.cat(0, identities.stream().map(Identity::idCond).toArray(Tensor[]::new));
    }

    /** Local features of all people by scale, five of [N, T, Dvit], owned by the innermost scope. */
    public List<Tensor> vitHidden() {
        List<Tensor> scales = new ArrayList<>();
        for (int i = 0; i < EvaVisionTower.HIDDEN_STATES; i++) {
            int scale = i;
            scales.add(Ops.cat(
                    0,
                    identities.stream()
                            .map(identity -> identity.vitHidden().get(scale))
                            .toArray(Tensor[]::new)));
        }
        return scales;
    }

    /** The same people on another device or in another dtype; new tensors belong to the innermost scope. */
    public People on(Compute compute) {
        return new People(
                identities.stream().map(identity -> identity.on(compute)).toList(), canvas, names);
    }

    /** Takes the tensors out of every scope: they live until {@link #close}. */
    public People retain() {
        tensors().forEach(Scope::retain);
        return this;
    }

    /** Frees the tensors. */
    @Override
    public void close() {
        tensors().forEach(Tensor::close);
    }

    private List<Tensor> tensors() {
        List<Tensor> tensors = new ArrayList<>();
        for (Identity identity : identities) {
            tensors.add(identity.idCond());
            tensors.addAll(identity.vitHidden());
        }
        return tensors;
    }

    /**
     * Writes the people to {@code file} in one step, in the dtype they have.
     *
     * @throws ai.ingredients.OperationFailedException when the file cannot be written
     */
    public void save(Path file) {
        try (Scope scope = Scope.inference()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            tensors.put(ID_COND, idCond().cpu());
            List<Tensor> scales = vitHidden();
            for (int i = 0; i < scales.size(); i++) {
                tensors.put(VIT_HIDDEN + i, scales.get(i).cpu());
            }
            tensors.put(CANVAS, PictureTensors.unit(canvas));
            Map<String, String> metadata = new LinkedHashMap<>(Map.of("format", "pt"));
            if (names.stream().anyMatch(name -> !name.equals(PersonName.NONE))) {
                ArrayNode list = JsonNodeFactory.instance.arrayNode();
                names.forEach(list::add);
                metadata.put(NAMES, list.toString());
            }
            SafetensorsWriter.write(file, tensors, metadata);
        }
    }

    /**
     * Reads what {@link #save} or a script of the user's wrote; the dtype stays that of the file.
     *
     * @return tensors owned by the innermost scope
     * @throws InvalidInputException when a tensor is missing, has another shape than the class comment says or holds
     *     values that are no finite numbers
     */
    public static People load(Path file) {
        try (Scope scope = Scope.inference();
                SafetensorsFile store = SafetensorsFile.open(file)) {
            Tensor idCond = tensor(file, store, ID_COND, -1, -1);
            long people = idCond.size(0);
            List<Tensor> scales = new ArrayList<>();
            for (int i = 0; i < EvaVisionTower.HIDDEN_STATES; i++) {
                scales.add(tensor(file, store, VIT_HIDDEN + i, people, -1, -1));
            }
            Tensor canvas = tensor(file, store, CANVAS, 3, -1, -1);
            if (canvas.size(1) * canvas.size(2) > MOST_PIXELS) {
                throw new InvalidInputException(file + ": " + CANVAS + " is " + store.info(CANVAS) + "; at most "
                        + MOST_PIXELS / 1_000_000 + " megapixels are read");
            }
            List<Identity> identities = new ArrayList<>();
            for (int n = 0; n < people; n++) {
                List<Tensor> hidden = new ArrayList<>();
                for (Tensor scale : scales) {
                    hidden.add(scope.keep(scale.narrow(0, n, 1).clone())); // the mapping ends with the store
                }
                identities.add(new Identity(scope.keep(idCond.narrow(0, n, 1).clone()), hidden));
            }
            Picture picture = PictureTensors.fromUnit(canvas.to(ScalarType.Float));
            return new People(identities, picture, names(file, store.metadata().get(NAMES), identities.size()));
        }
    }

    private static List<String> names(Path file, @Nullable String json, int people) {
        if (json == null) {
            return Collections.nCopies(people, PersonName.NONE);
        }
        List<String> names = new ArrayList<>();
        try {
            JsonNode list = JsonFile.parse(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)));
            list.forEach(name -> names.add(name.isTextual() ? name.textValue() : "?"));
        } catch (IOException e) {
            throw new InvalidInputException(file + ": " + NAMES + " in its metadata is no JSON", e);
        }
        if (names.size() != people) {
            throw new InvalidInputException(file + ": " + NAMES + " in its metadata are " + names.size()
                    + ", but the people are " + people + "; expected a JSON array with a text for each of them");
        }
        PersonName.check(file + ": " + NAMES, names);
        return names;
    }

    private static Tensor tensor(Path file, SafetensorsFile store, String name, long... shape) {
        if (!store.names().contains(name)) {
            throw new InvalidInputException(file + ": has no tensor " + name
                    + "; a file of people holds id_cond, id_vit_hidden.0 to .4 and canvas");
        }
        Tensor tensor = store.get(name);
        long[] found = Ops.shape(tensor);
        boolean fits = found.length == shape.length && store.info(name).dtype().floating();
        for (int i = 0; fits && i < shape.length; i++) {
            fits = found[i] > 0 && (shape[i] == -1 || found[i] == shape[i]);
        }
        if (fits && !tensor.to(ScalarType.Float).isfinite().all().item_bool()) {
            throw new InvalidInputException(
                    file + ": " + name + " holds NaN or infinite values; prepare the people again");
        }
        if (!fits) {
            throw new InvalidInputException(file + ": " + name + " is " + store.info(name)
                    + "; expected floating point of shape "
                    + Arrays.toString(shape).replace("-1", "any"));
        }
        if (!tensor.isfinite().all().item().toBool()) {
            throw new InvalidInputException(file + ": " + name + " holds values that are no numbers (NaN or infinite);"
                    + " prepare the people again");
        }
        return tensor;
    }
}
