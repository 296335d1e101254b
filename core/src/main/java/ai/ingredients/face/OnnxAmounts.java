package ai.ingredients.face;

import static ai.ingredients.io.ProtobufFields.Type.BYTES;
import static ai.ingredients.io.ProtobufFields.Type.VARINT;

import ai.ingredients.io.ProtobufFields;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * By how much the operators of an ONNX file make their input larger, as far as that stands in the file: a padding of millions
 * is a few bytes there and gigabytes when it runs. Networks of faces pad by a few pixels and double maps once or twice. What
 * a file computes for itself is not seen.
 */
final class OnnxAmounts {
    /** Of all paddings together. */
    private static final double MOST_PADDED = 64;
    /** Of all enlargements together. */
    private static final double MOST_TIMES = 4096;

    private static final double MOST_ELEMENTS = 1 << 24;
    private static final int MOST_NUMBERS = 64;

    private static final int FLOAT = 1;
    private static final int INT32 = 6;
    private static final int INT64 = 7;

    private static final Set<String> SHAPED = Set.of("Expand", "ConstantOfShape", "Range", "OneHot", "EyeLike");

    private final Map<String, double[]> constants = new HashMap<>();
    private final List<Node> nodes = new ArrayList<>();

    private OnnxAmounts() {}

    private record Node(String operator, List<String> inputs, Map<String, double[]> attributes) {
        double[] attribute(String name) {
            return attributes.getOrDefault(name, new double[0]);
        }
    }

    /**
     * Looks at a model whose structure was walked.
     *
     * @param bad makes the exception of what there is
     */
    static void check(ProtobufFields model, Function<String, RuntimeException> bad) {
        OnnxAmounts amounts = new OnnxAmounts();
        while (model.next()) {
            if (model.field() == 7 && model.type() == BYTES) {
                amounts.graph(model.message());
            }
        }
        amounts.check(bad);
    }

    private void graph(ProtobufFields graph) {
        while (graph.next()) {
            if (graph.type() == BYTES && graph.field() == 1) {
                node(graph.message());
            } else if (graph.type() == BYTES && graph.field() == 5) {
                tensor(graph.message(), "");
            }
        }
    }

    private void node(ProtobufFields node) {
        String operator = "";
        List<String> inputs = new ArrayList<>();
        List<String> outputs = new ArrayList<>();
        Map<String, double[]> attributes = new HashMap<>();
        List<ProtobufFields> values = new ArrayList<>();
        while (node.next()) {
            if (node.type() == BYTES) {
                switch (node.field()) {
                    case 1 -> inputs.add(text(node));
                    case 2 -> outputs.add(text(node));
                    case 4 -> operator = text(node);
                    case 5 -> attribute(node.message(), attributes, values);
                    default -> {}
                }
            }
        }
        if (operator.equals("Constant") && !outputs.isEmpty()) {
            values.forEach(tensor -> tensor(tensor, outputs.getFirst()));
            attributes.values().forEach(numbers -> constants.put(outputs.getFirst(), numbers));
        }
        nodes.add(new Node(operator, inputs, attributes));
    }

    private static void attribute(
            ProtobufFields attribute, Map<String, double[]> attributes, List<ProtobufFields> values) {
        String name = "";
        Numbers numbers = new Numbers();
        while (attribute.next()) {
            switch (attribute.field()) {
                case 1 -> name = text(attribute);
                case 2, 7 -> numbers.floats(attribute);
                case 3, 8 -> numbers.whole(attribute);
                case 5 -> values.add(attribute.as(BYTES).message());
                default -> {}
            }
        }
        attributes.put(name, numbers.array());
    }

    /** @param output what the tensor is called where it has no name of its own */
    private void tensor(ProtobufFields tensor, String output) {
        String name = output;
        long type = 0;
        MemorySegment raw = MemorySegment.NULL;
        Numbers numbers = new Numbers();
        while (tensor.next()) {
            switch (tensor.field()) {
                case 2 -> type = tensor.as(VARINT).number();
                case 4 -> numbers.floats(tensor);
                case 5, 7 -> numbers.whole(tensor);
                case 8 -> name = output.isEmpty() ? text(tensor) : output;
                case 9 -> raw = tensor.as(BYTES).content();
                default -> {}
            }
        }
        numbers.raw(raw, type);
        constants.put(name, numbers.array());
    }

    private static String text(ProtobufFields field) {
        return new String(field.as(BYTES).content().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
    }

    /** The first numbers of a field or tensor: amounts and shapes are short. */
    private static final class Numbers {
        private final List<Double> all = new ArrayList<>();

        private void add(double value) {
            if (all.size() < MOST_NUMBERS) {
                all.add(value);
            }
        }

        void whole(ProtobufFields field) {
            if (field.type() == BYTES) {
                field.packed(this::add);
            } else {
                add(field.number());
            }
        }

        void floats(ProtobufFields field) {
            if (field.type() == BYTES) {
                raw(field.content(), FLOAT);
            } else {
                add(Float.intBitsToFloat((int) field.number()));
            }
        }

        void raw(MemorySegment bytes, long type) {
            long width = type == INT64 ? Long.BYTES : type == INT32 || type == FLOAT ? Integer.BYTES : 0;
            for (long at = 0; width > 0 && at + width <= bytes.byteSize() && all.size() < MOST_NUMBERS; at += width) {
                if (type == INT64) {
                    add(bytes.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), at));
                } else {
                    int bits = bytes.get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), at);
                    add(type == INT32 ? bits : Float.intBitsToFloat(bits));
                }
            }
        }

        double[] array() {
            return all.stream().mapToDouble(value -> value).toArray();
        }
    }

    private void check(Function<String, RuntimeException> bad) {
        double padded = 0;
        double times = 1;
        for (Node node : nodes) {
            switch (node.operator) {
                case "Pad" -> padded += sum(node.attribute("pads")) + sum(constant(node, 1));
                case "Tile" -> times *= product(constant(node, 1));
                case "ConvTranspose" -> times *= product(node.attribute("strides"));
                case "Upsample" -> times *= product(node.attribute("scales")) * product(constant(node, 1));
                case "Resize" -> {
                    times *= product(constant(node, 1)) * product(constant(node, 2));
                    elements(constant(node, 3), bad);
                }
                default -> {
                    if (SHAPED.contains(node.operator)) {
                        for (int i = 0; i < node.inputs.size(); i++) {
                            elements(constant(node, i), bad);
                        }
                    }
                }
            }
            for (String around : List.of("pads", "output_padding")) {
                if (Arrays.stream(node.attribute(around)).anyMatch(pad -> pad > MOST_PADDED)) {
                    throw bad.apply("a padding of more than " + (int) MOST_PADDED);
                }
            }
            elements(node.attribute("output_shape"), bad);
        }
        if (padded > MOST_PADDED) {
            throw bad.apply("a padding of more than " + (int) MOST_PADDED);
        }
        if (!(times <= MOST_TIMES)) {
            throw bad.apply("an enlargement of more than " + (int) MOST_TIMES + " times");
        }
    }

    private double[] constant(Node node, int input) {
        return input < node.inputs.size()
                ? constants.getOrDefault(node.inputs.get(input), new double[0])
                : new double[0];
    }

    private static double sum(double[] amounts) {
        return Arrays.stream(amounts).map(Math::abs).sum();
    }

    private static double product(double[] amounts) {
        return Arrays.stream(amounts).map(value -> Math.max(1, Math.abs(value))).reduce(1, (a, b) -> a * b);
    }

    private static void elements(double[] shape, Function<String, RuntimeException> bad) {
        if (product(shape) > MOST_ELEMENTS) {
            throw bad.apply("a tensor of millions of numbers that are not in the file");
        }
    }
}
