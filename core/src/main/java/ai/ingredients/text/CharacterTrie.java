package ai.ingredients.text;

import ai.ingredients.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;

/**
 * Checks a {@code precompiled_charsmap}: the size of a trie in bytes, the trie as a double array of the darts-clone library,
 * and the replacements, each ended by a zero. SentencePiece follows both without looking where they lead.
 */
final class CharacterTrie {
    private static final int LARGEST = 8 << 20; // bytes; that of the released models has 0.24 million
    /** What one character may become; the longest compatibility form of Unicode has 33 bytes. */
    private static final int LONGEST_REPLACEMENT = 256;

    private static final int BYTE_VALUES = 256;
    // Bits of a unit: the label in the lowest eight and the highest, whether a value follows, the distance to the
    // children.
    private static final int LABEL = 0x8000_00ff;
    private static final int HAS_VALUE = 1 << 8;
    private static final int FAR = 1 << 9;
    private static final int OFFSET_SHIFT = 10;
    private static final int VALUE = 0x7fff_ffff;

    private final ByteBuffer map;
    private final int units;
    private final int replacements;
    private final BitSet seen;
    private final Deque<Integer> open = new ArrayDeque<>();

    private CharacterTrie(ByteBuffer map, int units) {
        this.map = map;
        this.units = units;
        this.replacements = Integer.BYTES * (1 + units);
        this.seen = new BitSet(units);
    }

    /**
     * Follows every path a text could take.
     *
     * @throws InvalidInputException when one leads out of the map
     */
    static void check(ByteBuffer charsMap) {
        ByteBuffer map = charsMap.order(ByteOrder.LITTLE_ENDIAN);
        int size = map.limit();
        long trie = size > Integer.BYTES ? Integer.toUnsignedLong(map.getInt(0)) : 0;
        boolean whole = size <= LARGEST
                && trie > 0
                && trie % Integer.BYTES == 0
                && trie < size - Integer.BYTES
                && map.get(size - 1) == 0;
        if (!whole) {
            throw broken();
        }
        new CharacterTrie(map, (int) trie / Integer.BYTES).walk();
    }

    private void walk() {
        visit(offset(unit(0)));
        while (!open.isEmpty()) {
            int children = open.pop();
            for (int label = 0; label < BYTE_VALUES; label++) {
                int place = children ^ label;
                int unit = unit(place);
                if ((unit & LABEL) == label) {
                    int below = place ^ offset(unit);
                    visit(below);
                    if ((unit & HAS_VALUE) != 0) {
                        checkReplacement(unit(below) & VALUE);
                    }
                }
            }
        }
    }

    /** The children of a node are somewhere in the block of {@value #BYTE_VALUES} units around {@code children}. */
    private void visit(int children) {
        if (children < 0 || (children | BYTE_VALUES - 1) >= units) {
            throw broken();
        }
        if (!seen.get(children)) {
            seen.set(children);
            open.push(children);
        }
    }

    private void checkReplacement(int place) {
        int at = replacements + place;
        if (place >= map.limit() - replacements) {
            throw broken();
        }
        int end = at;
        while (map.get(end) != 0) { // the last byte is 0
            end++;
        }
        if (end - at > LONGEST_REPLACEMENT) {
            throw broken();
        }
    }

    private int unit(int index) {
        return map.getInt(Integer.BYTES * (1 + index));
    }

    private static int offset(int unit) {
        return unit >>> OFFSET_SHIFT << ((unit & FAR) >>> 6);
    }

    private static InvalidInputException broken() {
        return new InvalidInputException("the character map of its normaliser is damaged");
    }
}
