package ai.ingredients.face;

import ai.ingredients.ForeignText;
import ai.ingredients.InvalidInputException;
import ai.ingredients.io.IoReason;
import ai.ingredients.io.ProtobufFields;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Opens ONNX files. Their structure is walked before ONNX Runtime sees them: they are whole, every weight has as many bytes as
 * its shape says, nothing lies in another file, there are no loops, which could run for ever, and no padding or enlargement
 * that makes gigabytes of a few bytes ({@link OnnxAmounts}).
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

    /** Makes a network of a session. */
    interface Opening<T> {
        T open(OrtEnvironment environment, OrtSession session) throws OrtException;
    }

    /**
     * The network that {@code opening} makes of {@code file}; the session is closed when it makes none.
     *
     * @param expected which network, for a file that is not there
     * @throws InvalidInputException when the file is missing, or no ONNX model that can be run
     */
    static <T> T open(Path file, String expected, Opening<T> opening) {
        if (!Files.isRegularFile(file)) {
            throw new InvalidInputException(file + ": there is no such file; expected " + expected);
        }
        OrtEnvironment environment = Onnx.environment();
        check(file);
        OrtSession session = null;
        boolean opened = false;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            // Its threads would otherwise spin on the cores that libtorch computes on.
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            session = environment.createSession(file.toString(), options);
            T network = opening.open(environment, session);
            opened = true;
            return network;
        } catch (OrtException e) {
            throw new InvalidInputException(
                    file + ": is not an ONNX model that can be run (" + firstLine(e) + "); download it again", e);
        } finally {
            if (!opened && session != null) {
                close(session);
            }
        }
    }

    static void close(OrtSession session) {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime could not close a session", e);
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
            onnx.walk(Kind.MODEL, new ProtobufFields(bytes, onnx::bad), 0);
            OnnxAmounts.check(new ProtobufFields(bytes, onnx::bad), onnx::bad);
        } catch (IOException e) {
            throw new InvalidInputException(file + ": cannot be read (" + IoReason.of(e) + ")", e);
        }
    }

    private void walk(Kind kind, ProtobufFields fields, int depth) {
        if (depth > MOST_DEPTH) {
            throw bad("graphs within graphs");
        }
        Tensor tensor = new Tensor();
        while (fields.next()) {
            if (kind == Kind.TENSOR) {
                tensor.field(fields);
            } else if (fields.type() == ProtobufFields.Type.BYTES) {
                nested(kind, fields, depth);
            }
        }
        if (kind == Kind.TENSOR) {
            tensor.check();
        }
    }

    private void nested(Kind kind, ProtobufFields fields, int depth) {
        int field = fields.field();
        switch (kind) {
            case MODEL -> {
                if (field == 7) {
                    walk(Kind.GRAPH, fields.message(), depth + 1);
                } else if (field == 25) {
                    throw bad("functions of its own");
                }
            }
            case GRAPH -> {
                if (field == 1) {
                    walk(Kind.NODE, fields.message(), depth + 1);
                } else if (field == 5) {
                    walk(Kind.TENSOR, fields.message(), depth + 1);
                } else if (field == 15) {
                    throw bad("sparse weights");
                }
            }
            case NODE -> {
                if (field == 5) {
                    walk(Kind.ATTRIBUTE, fields.message(), depth + 1);
                }
            }
            case ATTRIBUTE -> {
                if (field == 5 || field == 10) {
                    walk(Kind.TENSOR, fields.message(), depth + 1);
                } else if (field == 6 || field == 11) {
                    throw bad("loops or branches");
                }
            }
            case TENSOR -> {} // holds no messages that matter
        }
    }

    /** What is told of one tensor. */
    private final class Tensor {
        private long elements = 1;
        private long type;
        private long raw = -1;
        private long values;

        void field(ProtobufFields fields) {
            switch (fields.type()) {
                case VARINT -> number(fields.field(), fields.number());
                case FIXED32 -> values += fields.field() == 4 ? 1 : 0;
                case FIXED64 -> {}
                case BYTES -> bytes(fields);
            }
        }

        private void number(int field, long value) {
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

        private void bytes(ProtobufFields fields) {
            long length = fields.content().byteSize();
            switch (fields.field()) {
                case 1 -> fields.packed(this::dimension);
                case 4, 5, 6, 7, 10, 11 -> values += length;
                case 9 -> raw = length;
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

    private InvalidInputException bad(String what) {
        return new InvalidInputException(
                file + ": is not an ONNX model that can be run: there is " + what + "; download it again, as one file");
    }
}
