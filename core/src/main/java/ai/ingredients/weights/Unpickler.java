package ai.ingredients.weights;

import ai.ingredients.InvalidInputException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Reads Python pickles as data: a pickle is a program, and this runs only the part of it that builds values. Nothing is
 * imported and nothing is called; names of classes and functions go to a {@link Resolver}, which knows the few a
 * checkpoint needs and refuses all others.
 *
 * <p>Protocols 0 to 5 without the instructions no checkpoint needs (INST, OBJ, EXT, text persistent ids, out-of-band
 * buffers). No length is believed beyond the bytes that are there, and what is built of them is counted, so memory stays
 * in proportion to the pickle. Python's
 * None, bool, int, float, str and bytes become {@link #NONE}, Boolean, Long or BigInteger, Double, String and byte[].
 */
final class Unpickler {
    /** Python's None; Java's null cannot be a key in the memo. */
    static final Object NONE = new Object() {
        @Override
        public String toString() {
            return "None";
        }
    };

    /** Marks the start of a group on the stack; never a value. */
    private static final Object MARK = new Object();
    /** Integers of more bytes than this have no place in a checkpoint. */
    private static final int LONGEST_INTEGER = 256;

    /** Bytes of one pickle: enough for 100,000 tensors, and what it builds still fits into a small heap. */
    private static final long LONGEST_PICKLE = 1L << 24;

    /** Bytes of heap that a pickle may build, and as many more for each of its own bytes. */
    private static final long HEAP = 64L << 20;

    private static final long HEAP_PER_BYTE = 4;

    // Bytes of heap, roughly, with compressed pointers and with what growing lists leave behind.
    private static final int REFERENCE = 12;
    private static final int NUMBER = 24;
    private static final int STRING = 56;
    private static final int CONTAINER = 48;
    private static final int DICT = 96;
    private static final int DICT_ENTRY = 56;
    private static final int SPARSE_MEMO = 80;
    private static final int BUILT = 400;

    private static final int HIGHEST_PROTOCOL = 5;

    /** A Python list, compared by identity, since it may hold itself. */
    static final class PyList {
        final List<Object> items = new ArrayList<>();
    }

    /** A Python tuple, compared by identity. */
    static final class PyTuple {
        final List<Object> items;

        PyTuple(List<Object> items) {
            this.items = List.copyOf(items);
        }
    }

    /** A Python dict in insertion order. */
    static final class PyDict {
        final Map<Object, Object> items = new LinkedHashMap<>();
    }

    /** What the instructions that name something outside the pickle mean. */
    interface Resolver {
        /**
         * The class or function {@code module.name}, in whatever form {@link #call} understands.
         *
         * @throws InvalidInputException when a checkpoint does not need it
         */
        Object global(String module, String name);

        /** What calling a {@link #global} with {@code arguments} gives. */
        Object call(Object function, List<Object> arguments);

        /** The object outside the pickle with {@code id}. */
        Object persistent(Object id);
    }

    private final MappedFile file;
    private final long fileEnd;
    private final Resolver resolver;
    private final List<Object> stack = new ArrayList<>();
    /** Values kept under 0, 1, 2, …, as Python numbers them; others in {@link #sparseMemo}. */
    private final List<Object> memo = new ArrayList<>();

    private final Map<Long, Object> sparseMemo = new HashMap<>();
    private long position;
    private long end;
    private long heapLeft;

    /** Prepares to read pickles from bytes {@code begin} to {@code end} of {@code file}. */
    Unpickler(MappedFile file, long begin, long end, Resolver resolver) {
        this.file = file;
        this.position = begin;
        this.fileEnd = end;
        this.end = end;
        this.resolver = resolver;
    }

    /** Where the next pickle begins, in bytes from the start of the file. */
    long position() {
        return position;
    }

    /**
     * Reads the next pickle and stops behind it.
     *
     * @throws InvalidInputException when it is truncated, malformed or asks for what no checkpoint needs
     */
    Object load() {
        forget();
        end = Math.min(fileEnd, position + LONGEST_PICKLE);
        heapLeft = HEAP + HEAP_PER_BYTE * (end - position);
        int opcode = u8();
        while (opcode != '.') {
            step(opcode);
            opcode = u8();
        }
        Object result = pop();
        forget();
        return result;
    }

    private void forget() {
        stack.clear();
        memo.clear();
        sparseMemo.clear();
    }

    private void push(Object value) {
        heapLeft -= REFERENCE
                + switch (value) {
                    case String text -> STRING + 2L * text.length();
                    case byte[] bytes -> NUMBER + bytes.length;
                    case BigInteger number -> STRING + number.bitLength() / Byte.SIZE;
                    case Long number -> NUMBER;
                    case Double number -> NUMBER;
                    case PyTuple tuple -> CONTAINER + (long) REFERENCE * tuple.items.size();
                    case PyList list -> CONTAINER + (long) REFERENCE * list.items.size();
                    case PyDict dict -> DICT + (long) DICT_ENTRY * dict.items.size();
                    default -> 0;
                };
        pushKnown(value);
    }

    /** As {@link #push}, for what is counted already or always the same. */
    private void pushKnown(Object value) {
        heapLeft -= REFERENCE;
        if (heapLeft < 0) {
            throw malformed("makes more of its bytes than a checkpoint needs");
        }
        stack.add(value);
    }

    private void step(int opcode) {
        switch (opcode) {
            case 0x80 -> protocol();
            case 0x95 -> skipFrame();
            case '(' -> pushKnown(MARK);
            case '0' -> popAny();
            case '1' -> group();
            case '2' -> pushKnown(peek());
            case 'N' -> push(NONE);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'I', 'L', 'F', 'S', 'V' -> text(opcode);
            case 'J' -> push((long) (int) number(4));
            case 'K' -> push(number(1));
            case 'M' -> push(number(2));
            case 0x8a -> integer(u8());
            case 0x8b -> integer(length(4));
            case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(number(8))));
            case 'U' -> push(new String(bytes(u8()), StandardCharsets.ISO_8859_1));
            case 'T' -> push(new String(bytes(length(4)), StandardCharsets.ISO_8859_1));
            case 0x8c -> push(new String(bytes(u8()), StandardCharsets.UTF_8));
            case 'X' -> push(new String(bytes(length(4)), StandardCharsets.UTF_8));
            case 0x8d -> push(new String(bytes(length(8)), StandardCharsets.UTF_8));
            case 'C' -> push(bytes(u8()));
            case 'B' -> push(bytes(length(4)));
            case 0x8e, 0x96 -> push(bytes(length(8)));
            default -> build(opcode);
        }
    }

    private void build(int opcode) {
        switch (opcode) {
            case ']', 0x8f -> push(new PyList());
            case 'l', 0x91 -> push(list(group()));
            case 'a' -> append(popped(1));
            case 'e', 0x90 -> append(group());
            case ')' -> push(new PyTuple(List.of()));
            case 't' -> push(new PyTuple(group()));
            case 0x85 -> tuple(1);
            case 0x86 -> tuple(2);
            case 0x87 -> tuple(3);
            case '}' -> push(new PyDict());
            case 'd' -> {
                List<Object> items = group();
                push(new PyDict());
                put(items);
            }
            case 's' -> put(popped(2));
            case 'u' -> put(group());
            case 'p' -> keep(parseIndex(line()), peek());
            case 'q' -> keep(u8(), peek());
            case 'r' -> keep(number(4), peek());
            case 0x94 -> keep(memo.size() + sparseMemo.size(), peek());
            case 'g' -> recall(parseIndex(line()));
            case 'h' -> recall(u8());
            case 'j' -> recall(number(4));
            default -> reach(opcode);
        }
    }

    /** Instructions that name something outside the pickle. */
    private void reach(int opcode) {
        switch (opcode) {
            case 'c' -> {
                String module = line();
                pushKnown(resolver.global(module, line()));
            }
            case 0x93 -> {
                List<Object> names = popped(2);
                if (!(names.get(0) instanceof String module) || !(names.get(1) instanceof String name)) {
                    throw malformed("names a class by something that is no text");
                }
                pushKnown(resolver.global(module, name));
            }
            case 'R', 0x81 -> {
                Object arguments = pop();
                Object function = pop();
                heapLeft -= BUILT;
                push(resolver.call(function, tuple(arguments)));
            }
            case 'b' -> {
                // The state of an object: of OrderedDict its attributes, which hold versions and no tensors.
                pop();
                peek();
            }
            case 'Q' -> {
                heapLeft -= BUILT;
                push(resolver.persistent(pop()));
            }
            default ->
                throw malformed(String.format(
                        Locale.ROOT, "uses instruction 0x%02x, which a checkpoint does not need", opcode));
        }
    }

    private void protocol() {
        int version = u8();
        if (version > HIGHEST_PROTOCOL) {
            throw malformed("has protocol " + version + ", expected at most " + HIGHEST_PROTOCOL);
        }
    }

    /** Frames only tell a reader how much to fetch at once; that they fit is checked, then they are ignored. */
    private void skipFrame() {
        long length = number(8);
        if (length < 0 || length > end - position) {
            throw truncated();
        }
    }

    private void text(int opcode) {
        String line = line();
        try {
            switch (opcode) {
                case 'I' -> push(line.equals("01") ? (Object) true : line.equals("00") ? false : parse(line));
                case 'L' -> push(parse(line.endsWith("L") ? line.substring(0, line.length() - 1) : line));
                case 'F' -> push(Double.parseDouble(line));
                default -> push(line); // quoted or escaped text: kept as written, names of tensors do not come so
            }
        } catch (NumberFormatException e) {
            throw malformed("holds a number that is none");
        }
    }

    private static Object parse(String digits) {
        if (digits.length() > LONGEST_INTEGER) {
            throw new NumberFormatException("too long");
        }
        return shortest(new BigInteger(digits));
    }

    private void integer(int length) {
        if (length > LONGEST_INTEGER) {
            throw malformed("holds an integer of " + length + " bytes");
        }
        byte[] bytes = bytes(length);
        for (int i = 0, j = bytes.length - 1; i < j; i++, j--) {
            byte swapped = bytes[i];
            bytes[i] = bytes[j];
            bytes[j] = swapped;
        }
        push(length == 0 ? (Object) 0L : shortest(new BigInteger(bytes)));
    }

    private static Object shortest(BigInteger value) {
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    private static PyList list(List<Object> items) {
        PyList list = new PyList();
        list.items.addAll(items);
        return list;
    }

    private void append(List<Object> items) {
        heapLeft -= (long) REFERENCE * items.size();
        peek(PyList.class, "a list").items.addAll(items);
    }

    private void tuple(int count) {
        push(new PyTuple(popped(count)));
    }

    private List<Object> tuple(Object arguments) {
        if (arguments instanceof PyTuple found) {
            return found.items;
        }
        throw malformed("calls something without a tuple of arguments");
    }

    private void put(List<Object> keysAndValues) {
        Map<Object, Object> items = peek(PyDict.class, "a dict").items;
        if (keysAndValues.size() % 2 != 0) {
            throw malformed("has a key without a value");
        }
        heapLeft -= (long) DICT_ENTRY * keysAndValues.size() / 2;
        for (int i = 0; i < keysAndValues.size(); i += 2) {
            items.put(keysAndValues.get(i), keysAndValues.get(i + 1));
        }
    }

    private void keep(long index, Object value) {
        if (index == memo.size()) {
            heapLeft -= REFERENCE;
            memo.add(value);
            sparseMemo.remove(index);
        } else if (index >= 0 && index < memo.size()) {
            memo.set((int) index, value);
        } else {
            heapLeft -= SPARSE_MEMO;
            sparseMemo.put(index, value);
        }
    }

    private void recall(long index) {
        Object remembered = index >= 0 && index < memo.size() ? memo.get((int) index) : sparseMemo.get(index);
        if (remembered == null) {
            throw malformed("recalls value " + index + ", which it never kept");
        }
        pushKnown(remembered);
    }

    private long parseIndex(String line) {
        try {
            return Long.parseLong(line);
        } catch (NumberFormatException e) {
            throw malformed("keeps a value under \"" + line + "\"");
        }
    }

    private Object popAny() {
        if (stack.isEmpty()) {
            throw malformed("takes a value from an empty stack");
        }
        return stack.removeLast();
    }

    private Object pop() {
        Object value = popAny();
        if (value == MARK) {
            throw malformed("takes a value where a group begins");
        }
        return value;
    }

    private Object peek() {
        if (stack.isEmpty() || stack.getLast() == MARK) {
            throw malformed("needs a value where there is none");
        }
        return stack.getLast();
    }

    private <T> T peek(Class<T> type, String expected) {
        Object value = peek();
        if (!type.isInstance(value)) {
            throw malformed("adds to something that is not " + expected);
        }
        return type.cast(value);
    }

    /** The last {@code count} values, oldest first. */
    private List<Object> popped(int count) {
        Object[] values = new Object[count];
        for (int i = count - 1; i >= 0; i--) {
            values[i] = pop();
        }
        return Arrays.asList(values);
    }

    /** Everything above the last mark, oldest first. */
    private List<Object> group() {
        int mark = stack.lastIndexOf(MARK);
        if (mark < 0) {
            throw malformed("ends a group that never began");
        }
        List<Object> above = stack.subList(mark + 1, stack.size());
        List<Object> values = new ArrayList<>(above);
        above.clear();
        stack.removeLast();
        return values;
    }

    private int u8() {
        require(1);
        return file.u8(position++);
    }

    /** An unsigned little-endian number of {@code bytes} bytes. */
    private long number(int bytes) {
        require(bytes);
        long value = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            value = value << 8 | file.u8(position + i);
        }
        position += bytes;
        return value;
    }

    private int length(int bytes) {
        long length = number(bytes);
        require(length);
        return Math.toIntExact(length);
    }

    private byte[] bytes(int length) {
        require(length);
        byte[] bytes = file.bytes(position, length);
        position += length;
        return bytes;
    }

    private String line() {
        long at = position;
        while (at < end && file.u8(at) != '\n') {
            at++;
        }
        if (at == end) {
            throw truncated();
        }
        String line = new String(bytes(Math.toIntExact(at - position)), StandardCharsets.UTF_8);
        position++;
        return line;
    }

    private void require(long bytes) {
        if (bytes < 0 || bytes > end - position || bytes > Integer.MAX_VALUE - 8) {
            throw truncated();
        }
    }

    private InvalidInputException truncated() {
        return malformed(end < fileEnd ? "is longer than " + LONGEST_PICKLE + " bytes" : "ends in the middle");
    }

    private InvalidInputException malformed(String what) {
        return file.bad("the pickle " + what + " (at byte " + position
                + "); the file is damaged or no checkpoint, download it again");
    }
}
