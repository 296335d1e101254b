package ai.ingredients.face;

import ai.ingredients.ForeignText;
import ai.ingredients.InvalidInputException;
import ai.ingredients.io.IoReason;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Opens ONNX files. Their structure is walked before ONNX Runtime sees them: they are whole, every weight has as many bytes as
 * its shape says, nothing lies in another file, and there are no loops, which could run for ever.
 *
 * <p>Source: the messages of {@code onnx.proto3}, by the numbers of their fields.
 */
final class OnnxFile {
    /** Bytes of an element by ONNX's data type, 0 for what the networks here cannot have. */
    private static final int[] ELEMENT_BYTES = {0, 4, 1, 1, 2, 2, 4, 8, 0, 1, 2, 8, 4, 8};

    private static final int MOST_DEPTH = 16;

    private final Path file;
    private final MemorySegment bytes;

    private OnnxFile(Path file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    /** Messages and their fields that hold further messages. */
    private enum Kind {
        MODEL,
        GRAPH,
        NODE,
        ATTRIBUTE,
        TENSOR
    }

    /**
     * A session for {@code file}, which exists.
     *
     * @throws InvalidInputException when it is no ONNX model that can be run
     */
    static OrtSession open(Path file, OrtEnvironment environment) {
        check(file);
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            // Its threads would otherwise spin on the cores that libtorch computes on.
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            return environment.createSession(file.toString(), options);
        } catch (OrtException e) {
            throw new InvalidInputException(
                    file + ": is not an ONNX model that can be run (" + firstLine(e) + "); download it again", e);
        }
    }

    /** What ONNX Runtime says, in one line: it quotes names from the file. */
    static String firstLine(OrtException e) {
        return ForeignText.shown(
                String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    }

    /**
     * Walks {@code file}.
     *
     * @throws InvalidInputException in one line
     */
    static void check(Path file) {
        try (Arena arena = Arena.ofConfined();
                FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            OnnxFile onnx = new OnnxFile(file, bytes);
            onnx.walk(Kind.MODEL, 0, bytes.byteSize(), 0);
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read (" + IoReason.of(e) + ")", e);
        }
    }

    private void walk(Kind kind, long from, long to, int depth) {
        if (depth > MOST_DEPTH) {
            throw bad("graphs within graphs");
        }
        Tensor tensor = new Tensor();
        long at = from;
        while (at < to) {
            Varint tag = varint(at, to);
            at = tag.end;
            int field = (int) (tag.value >>> 3);
            switch ((int) tag.value & 7) {
                case 0 -> {
                    Varint value = varint(at, to);
                    at = value.end;
                    if (kind == Kind.TENSOR) {
                        tensor.number(field, value.value);
                    }
                }
                case 1 -> at = skipped(at, 8, to);
                case 5 -> {
                    at = skipped(at, 4, to);
                    if (kind == Kind.TENSOR && field == 4) {
                        tensor.values++;
                    }
                }
                case 2 -> {
                    Varint length = varint(at, to);
                    long start = length.end;
                    at = skipped(start, length.value, to);
                    nested(kind, field, start, at, depth, tensor);
                }
                default -> throw bad("a field of an unknown kind");
            }
        }
        if (kind == Kind.TENSOR) {
            tensor.check();
        }
    }

    private void nested(Kind kind, int field, long from, long to, int depth, Tensor tensor) {
        switch (kind) {
            case MODEL -> {
                if (field == 7) {
                    walk(Kind.GRAPH, from, to, depth + 1);
                } else if (field == 25) {
                    throw bad("functions of its own");
                }
            }
            case GRAPH -> {
                if (field == 1) {
                    walk(Kind.NODE, from, to, depth + 1);
                } else if (field == 5) {
                    walk(Kind.TENSOR, from, to, depth + 1);
                } else if (field == 15) {
                    throw bad("sparse weights");
                }
            }
            case NODE -> {
                if (field == 5) {
                    walk(Kind.ATTRIBUTE, from, to, depth + 1);
                }
            }
            case ATTRIBUTE -> {
                if (field == 5 || field == 10) {
                    walk(Kind.TENSOR, from, to, depth + 1);
                } else if (field == 6 || field == 11) {
                    throw bad("loops or branches");
                }
            }
            case TENSOR -> tensor.bytes(field, from, to);
        }
    }

    /** What is told of one tensor. */
    private final class Tensor {
        private long elements = 1;
        private long type;
        private long raw = -1;
        private long values;

        void number(int field, long value) {
            switch (field) {
                case 1 -> dimension(value);
                case 2 -> type = value;
                case 14 -> {
                    if (value != 0) {
                        throw bad("weights in another file");
                    }
                }
                default -> values++;
            }
        }

        void bytes(int field, long from, long to) {
            switch (field) {
                case 1 -> {
                    for (long at = from; at < to; ) {
                        Varint dimension = varint(at, to);
                        dimension(dimension.value);
                        at = dimension.end;
                    }
                }
                case 4, 5, 6, 7, 10, 11 -> values += to - from;
                case 9 -> raw = to - from;
                case 13 -> throw bad("weights in another file");
                default -> {}
            }
        }

        private void dimension(long size) {
            if (size < 0 || size != 0 && elements > bytes.byteSize() * 8 / size) {
                throw bad("a tensor larger than the file");
            }
            elements *= size;
        }

        void check() {
            int width = type >= 0 && type < ELEMENT_BYTES.length ? ELEMENT_BYTES[(int) type] : 0;
            if (raw >= 0 ? width == 0 || raw != elements * width : values < elements) {
                throw bad("a tensor whose data are not those of its shape");
            }
        }
    }

    private record Varint(long value, long end) {}

    private Varint varint(long from, long to) {
        long value = 0;
        for (int i = 0; i < 10; i++) {
            if (from + i >= to) {
                throw bad("a field that is cut off");
            }
            byte next = bytes.get(ValueLayout.JAVA_BYTE, from + i);
            value |= (long) (next & 0x7F) << 7 * i;
            if (next >= 0) {
                return new Varint(value, from + i + 1);
            }
        }
        throw bad("a number that does not end");
    }

    private long skipped(long at, long length, long to) {
        if (length < 0 || length > to - at) {
            throw bad("a field that is cut off");
        }
        return at + length;
    }

    private InvalidInputException bad(String what) {
        return new InvalidInputException(
                file + ": is not an ONNX model that can be run: there is " + what + "; download it again, as one file");
    }
}
