package ai.ingredients.training.text;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Which characters of a prompt the tokenizer reads as others: every kind of white space as a space, typographic quotes
 * and dashes as the plain ones, and characters whose Unicode compatibility form (NFKC) is ASCII, such as full-width
 * letters, as that. Nothing else is changed; case counts.
 *
 * <p>{@link #compiled} is SentencePiece's {@code precompiled_charsmap}: the size of a trie in bytes, the trie as a
 * double array in the layout of the darts-clone library, and the replacements, each ended by a zero. A trie key is a
 * character in UTF-8, its value the place of the replacement.
 */
final class CharacterMap {
    private static final int ASCII_END = 0x80;
    /** The double array grows by as many units as a byte has values, so that no step of a search leaves it. */
    private static final int BLOCK = 256;
    // Bits of a unit: the label in the lowest eight, whether a value follows, and the distance to the children.
    private static final int HAS_VALUE = 1 << 8;
    private static final int OFFSET_SHIFT = 10;
    private static final int IS_VALUE = 1 << 31;
    /** No byte of UTF-8 is 255: a search never takes an unused unit for a child. */
    private static final int UNUSED = 0xff;

    private static final Map<Integer, String> REPLACEMENTS = replacements();

    private CharacterMap() {}

    private static Map<Integer, String> replacements() {
        Map<Integer, String> map = new TreeMap<>();
        IntStream.range(ASCII_END, Character.MIN_SUPPLEMENTARY_CODE_POINT)
                .filter(c -> !Character.isSurrogate((char) c))
                .forEach(c -> {
                    String plain = Normalizer.normalize(Character.toString(c), Normalizer.Form.NFKC);
                    if (plain.codePoints().allMatch(each -> each < ASCII_END)) {
                        map.put(c, plain);
                    } else if (Character.isSpaceChar(c)) {
                        map.put(c, " ");
                    }
                });
        "\t\n\u000b\f\r\u0085".chars().forEach(c -> map.put(c, " "));
        "‘’‚‛′".chars().forEach(c -> map.put(c, "'"));
        "“”„‟″«»".chars().forEach(c -> map.put(c, "\""));
        "‐‑‒–—―−".chars().forEach(c -> map.put(c, "-"));
        return map;
    }

    /** {@code text} as the tokenizer reads it. */
    static String apply(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            String replacement = REPLACEMENTS.get(c);
            if (replacement == null) {
                plain.appendCodePoint(c);
            } else {
                plain.append(replacement);
            }
        });
        return plain.toString();
    }

    /** The map as SentencePiece and the tokenizers library read it. */
    static byte[] compiled() {
        ByteArrayOutputStream strings = new ByteArrayOutputStream();
        Map<String, Integer> places = new HashMap<>();
        Node root = new Node();
        REPLACEMENTS.forEach((character, replacement) -> {
            int place = places.computeIfAbsent(replacement, text -> {
                int at = strings.size();
                strings.writeBytes(text.getBytes(StandardCharsets.UTF_8));
                strings.write(0);
                return at;
            });
            root.put(Character.toString(character).getBytes(StandardCharsets.UTF_8), place);
        });
        int[] units = new DoubleArray(root).units;
        ByteBuffer blob = ByteBuffer.allocate(Integer.BYTES * (1 + units.length) + strings.size())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(Integer.BYTES * units.length);
        for (int unit : units) {
            blob.putInt(unit);
        }
        return blob.put(strings.toByteArray()).array();
    }

    /** A state of the trie: its value, or −1, and the states that follow by byte. */
    private static final class Node {
        final Map<Integer, Node> children = new TreeMap<>();
        int value = -1;

        void put(byte[] key, int keyValue) {
            Node node = this;
            for (byte label : key) {
                node = node.children.computeIfAbsent(Byte.toUnsignedInt(label), any -> new Node());
            }
            node.value = keyValue;
        }

        /** Labels of the units below: the children, and 0 for the value. */
        int[] labels() {
            IntStream own = value < 0 ? IntStream.empty() : IntStream.of(0);
            return IntStream.concat(own, children.keySet().stream().mapToInt(i -> i))
                    .toArray();
        }
    }

    /**
     * The trie in an array: the child of state s by byte b lies at {@code base(s) ^ b} and says b. Bases differ, so the
     * byte alone tells whose child a unit is.
     */
    private static final class DoubleArray {
        private final BitSet taken = new BitSet();
        private final BitSet bases = new BitSet();
        private int[] units = new int[0];

        DoubleArray(Node root) {
            taken.set(0); // the root's own unit
            grow();
            place(root, 0);
        }

        private void grow() {
            int before = units.length;
            units = Arrays.copyOf(units, before + BLOCK);
            Arrays.fill(units, before, units.length, UNUSED);
            if (before == 0) {
                units[0] = 0;
            }
        }

        private void place(Node node, int at) {
            int[] labels = node.labels();
            int base = freeBase(labels);
            bases.set(base);
            units[at] |= (at ^ base) << OFFSET_SHIFT | (node.value < 0 ? 0 : HAS_VALUE);
            for (int label : labels) {
                taken.set(base ^ label);
                units[base ^ label] = label == 0 ? node.value | IS_VALUE : label;
            }
            node.children.forEach((label, child) -> place(child, base ^ label));
        }

        private int freeBase(int[] labels) {
            for (int base = 1; ; base++) {
                if (base >= units.length) {
                    grow();
                }
                int candidate = base;
                if (!bases.get(base) && Arrays.stream(labels).noneMatch(label -> taken.get(candidate ^ label))) {
                    return base;
                }
            }
        }
    }
}
