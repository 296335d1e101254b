package ai.ingredients.media;

import java.util.Arrays;

/**
 * Walks the entropy-coded data of a JPEG without making pixels of them, to see that every block is there: decoders fill what
 * is missing with gray and say nothing. Baseline and progressive Huffman coding; of what else there is only the markers are
 * looked at. Memory: a bit for every pixel and component of progressive files, none for others.
 */
final class JpegScans {
    /** What is wrong with the data; the message says it. */
    static final class Damaged extends Exception {
        private static final long serialVersionUID = 1;

        Damaged(String what) {
            super(what);
        }
    }

    private static final int LOOKAHEAD = 9;

    private final byte[] bytes;
    private final Table[] dcTables = new Table[4];
    private final Table[] acTables = new Table[4];
    private Component[] components = new Component[0];
    private boolean walked;
    private boolean progressive;
    private int width;
    private int height;
    private int restartEvery;

    private int at;
    private int bitsLeft;
    private int bitBuffer;
    private int endOfBand;

    JpegScans(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A Huffman table. */
    private static final class Table {
        /** Code length in the high byte and symbol in the low one for what begins with these bits; 0: a longer code. */
        private final short[] quick = new short[1 << LOOKAHEAD];

        private final int[] greatest = new int[17];
        private final int[] offset = new int[17];
        private final byte[] symbols;

        Table(byte[] bytes, int counts, int symbolCount) {
            symbols = Arrays.copyOfRange(bytes, counts + 16, counts + 16 + symbolCount);
            int code = 0;
            int index = 0;
            for (int length = 1; length <= 16; length++) {
                int count = bytes[counts + length - 1] & 0xFF;
                offset[length] = index - code;
                for (int i = 0; i < count; i++, code++, index++) {
                    int first = code << (LOOKAHEAD - length);
                    if (length <= LOOKAHEAD && first < quick.length) {
                        int last = Math.min(quick.length, first + (1 << (LOOKAHEAD - length)));
                        Arrays.fill(quick, first, last, (short) (length << 8 | symbols[index] & 0xFF));
                    }
                }
                greatest[length] = count == 0 ? -1 : code - 1;
                code <<= 1;
            }
        }
    }

    private static final class Component {
        final int id;
        final int across;
        final int down;
        int blocksPerRow;
        int rows;
        boolean seen;
        /** A bit for each coefficient that is not zero so far, in blocks of 64. */
        long[] nonzero = new long[0];

        Component(int id, int across, int down) {
            this.id = id;
            this.across = across;
            this.down = down;
        }
    }

    /** Takes the frame header of the given marker at {@code body}, behind its length; it is known to be whole. */
    void frame(int marker, int body, int length) throws Damaged {
        progressive = marker == 0xC2;
        walked = marker <= 0xC2;
        height = word(body + 1);
        width = word(body + 3);
        int count = bytes[body + 5] & 0xFF;
        if (length < 6 + 3 * count || count < 1 || count > 4) {
            throw new Damaged("a JPEG of " + count + " colour components");
        }
        components = new Component[count];
        int mostAcross = 1;
        int mostDown = 1;
        for (int i = 0; i < count; i++) {
            int sampling = bytes[body + 7 + 3 * i] & 0xFF;
            components[i] = new Component(bytes[body + 6 + 3 * i] & 0xFF, sampling >> 4, sampling & 15);
            if (components[i].across < 1
                    || components[i].across > 4
                    || components[i].down < 1
                    || components[i].down > 4) {
                throw new Damaged("a JPEG with impossible sampling");
            }
            mostAcross = Math.max(mostAcross, components[i].across);
            mostDown = Math.max(mostDown, components[i].down);
        }
        for (Component component : components) {
            component.blocksPerRow = ceil((long) width * component.across, 8L * mostAcross);
            component.rows = ceil((long) height * component.down, 8L * mostDown);
        }
    }

    /** Takes the Huffman tables of a segment. */
    void tables(int body, int length) throws Damaged {
        int from = body;
        while (from < body + length) {
            if (from + 17 > body + length) {
                throw new Damaged("a JPEG with a broken Huffman table");
            }
            int kind = bytes[from] & 0xFF;
            int count = 0;
            for (int i = 1; i <= 16; i++) {
                count += bytes[from + i] & 0xFF;
            }
            if ((kind & 15) > 3 || kind >> 4 > 1 || count > 256 || from + 17 + count > body + length) {
                throw new Damaged("a JPEG with a broken Huffman table");
            }
            (kind >> 4 == 0 ? dcTables : acTables)[kind & 15] = new Table(bytes, from + 1, count);
            from += 17 + count;
        }
    }

    /** Takes how many units lie between restart markers. */
    void restartInterval(int units) {
        restartEvery = units;
    }

    /**
     * Walks the scan whose header is at {@code body}.
     *
     * @return where its data end: the next marker
     */
    int scan(int body, int length) throws Damaged {
        int count = bytes[body] & 0xFF;
        if (count < 1 || count > components.length || length < 4 + 2 * count) {
            throw new Damaged("a JPEG with a broken scan header");
        }
        at = body + length;
        if (!walked) {
            Arrays.stream(components).forEach(component -> component.seen = true);
            return at;
        }
        Component[] scanned = new Component[count];
        int[] selectors = new int[count];
        for (int i = 0; i < count; i++) {
            int id = bytes[body + 1 + 2 * i] & 0xFF;
            scanned[i] = Arrays.stream(components)
                    .filter(component -> component.id == id)
                    .findFirst()
                    .orElseThrow(() -> new Damaged("a JPEG with a scan of no component"));
            selectors[i] = bytes[body + 2 + 2 * i] & 0xFF;
        }
        int first = bytes[body + 1 + 2 * count] & 0xFF;
        int last = bytes[body + 2 + 2 * count] & 0xFF;
        boolean refines = (bytes[body + 3 + 2 * count] & 0xF0) != 0;
        Pass pass = progressive ? new Pass(first, last, refines) : new Pass(0, 63, false);
        if (pass.first > pass.last || pass.last > 63 || progressive && first > 0 && count > 1) {
            throw new Damaged("a JPEG with a broken scan header");
        }
        walk(scanned, selectors, pass);
        for (Component component : scanned) {
            component.seen |= pass.first == 0;
        }
        return at;
    }

    /** What a scan tells of each block: coefficients {@code first} to {@code last}, anew or one bit more of each. */
    private record Pass(int first, int last, boolean refines) {}

    /** Whether every component was in a scan. */
    boolean complete() {
        return Arrays.stream(components).allMatch(component -> component.seen);
    }

    private void walk(Component[] scanned, int[] selectors, Pass pass) throws Damaged {
        bitsLeft = 0;
        endOfBand = 0;
        boolean single = scanned.length == 1;
        int unitsAcross = single ? scanned[0].blocksPerRow : 0;
        int unitsDown = single ? scanned[0].rows : 0;
        for (Component component : scanned) {
            if (!single) {
                unitsAcross = Math.max(unitsAcross, ceil(component.blocksPerRow, component.across));
                unitsDown = Math.max(unitsDown, ceil(component.rows, component.down));
            }
        }
        long units = (long) unitsAcross * unitsDown;
        for (long unit = 0; unit < units; unit++) {
            if (restartEvery > 0 && unit > 0 && unit % restartEvery == 0) {
                restart();
            }
            for (int c = 0; c < scanned.length; c++) {
                Component component = scanned[c];
                Table dc = dcTables[selectors[c] >> 4 & 3];
                Table ac = acTables[selectors[c] & 3];
                int blocks = single ? 1 : component.across * component.down;
                for (int b = 0; b < blocks; b++) {
                    if (progressive) {
                        progressiveBlock(component, (int) unit, pass, dc, ac);
                    } else {
                        block(dc, ac);
                    }
                }
            }
        }
    }

    private void block(Table dc, Table ac) throws Damaged {
        skip(symbol(dc) & 15);
        for (int k = 1; k < 64; k++) {
            int symbol = symbol(ac);
            int size = symbol & 15;
            k += symbol >> 4;
            if (size == 0) {
                if (symbol >> 4 != 15) {
                    return;
                }
            } else {
                if (k > 63) {
                    throw new Damaged("its pixel data make no sense");
                }
                skip(size);
            }
        }
    }

    private void progressiveBlock(Component component, int block, Pass pass, Table dc, Table ac) throws Damaged {
        if (pass.first == 0) {
            skip(pass.refines ? 1 : symbol(dc) & 15);
            return;
        }
        if (component.nonzero.length == 0) {
            component.nonzero = new long[Math.multiplyExact(component.blocksPerRow, component.rows)];
        }
        component.nonzero[block] =
                pass.refines ? refined(component.nonzero[block], pass, ac) : component.nonzero[block] | band(pass, ac);
    }

    private long band(Pass pass, Table ac) throws Damaged {
        if (endOfBand > 0) {
            endOfBand--;
            return 0;
        }
        long found = 0;
        for (int k = pass.first; k <= pass.last; k++) {
            int symbol = symbol(ac);
            int run = symbol >> 4;
            int size = symbol & 15;
            if (size == 0 && run < 15) {
                endOfBand = (1 << run) + bits(run) - 1;
                return found;
            }
            k += run;
            if (size > 0) {
                if (k > 63) {
                    throw new Damaged("its pixel data make no sense");
                }
                skip(size);
                found |= 1L << k;
            }
        }
        return found;
    }

    /** One more bit for every coefficient that is not zero, and new ones between them. */
    private long refined(long before, Pass pass, Table ac) throws Damaged {
        long found = before;
        int k = pass.first;
        if (endOfBand == 0) {
            for (; k <= pass.last; k++) {
                int symbol = symbol(ac);
                int run = symbol >> 4;
                boolean fresh = (symbol & 15) != 0;
                if (fresh) {
                    skip(1);
                } else if (run < 15) {
                    endOfBand = (1 << run) + bits(run);
                    break;
                }
                for (; k <= pass.last; k++) {
                    if ((before >> k & 1) != 0) {
                        skip(1);
                    } else if (--run < 0) {
                        break;
                    }
                }
                if (fresh && k < 64) {
                    found |= 1L << k;
                }
            }
        }
        if (endOfBand > 0) {
            skip(Long.bitCount(before >>> k & (k > pass.last ? 0 : -1L >>> (63 - (pass.last - k)))));
            endOfBand--;
        }
        return found;
    }

    private void restart() throws Damaged {
        bitsLeft = 0;
        endOfBand = 0;
        while (at + 1 < bytes.length && (bytes[at] & 0xFF) == 0xFF && (bytes[at + 1] & 0xFF) == 0xFF) {
            at++;
        }
        boolean marked = at + 1 < bytes.length && (bytes[at] & 0xFF) == 0xFF && (bytes[at + 1] & 0xF8) == 0xD0;
        if (!marked) {
            throw missing();
        }
        at += 2;
    }

    private int symbol(Table table) throws Damaged {
        if (table == null) {
            throw new Damaged("a JPEG without one of its Huffman tables");
        }
        int code = 0;
        if (bitsLeft < LOOKAHEAD) {
            fill();
        }
        if (bitsLeft >= LOOKAHEAD) {
            int found = table.quick[bitBuffer >>> (bitsLeft - LOOKAHEAD) & (1 << LOOKAHEAD) - 1];
            if (found != 0) {
                bitsLeft -= found >> 8;
                return found & 0xFF;
            }
        }
        for (int length = 1; length <= 16; length++) {
            code = code << 1 | bits(1);
            if (code <= table.greatest[length]) {
                return table.symbols[code + table.offset[length]] & 0xFF;
            }
        }
        throw new Damaged("its pixel data make no sense");
    }

    private void skip(int count) throws Damaged {
        for (int left = count; left > 0; left -= 16) {
            bits(Math.min(left, 16));
        }
    }

    /** Up to 16 bits. */
    private int bits(int count) throws Damaged {
        if (bitsLeft < count) {
            fill();
            if (bitsLeft < count) {
                throw missing();
            }
        }
        bitsLeft -= count;
        return bitBuffer >>> bitsLeft & (1 << count) - 1;
    }

    /** Takes bytes as long as there is room and no marker. */
    private void fill() {
        while (bitsLeft <= 24 && at < bytes.length) {
            int next = bytes[at] & 0xFF;
            if (next == 0xFF) {
                if (at + 1 >= bytes.length || bytes[at + 1] != 0) {
                    return;
                }
                at++;
            }
            at++;
            bitBuffer = bitBuffer << 8 | next;
            bitsLeft += 8;
        }
    }

    private Damaged missing() {
        return new Damaged(at >= bytes.length - 1 ? "" : "a part of its pixel data is missing");
    }

    private int word(int offset) {
        return (bytes[offset] & 0xFF) << 8 | bytes[offset + 1] & 0xFF;
    }

    private static int ceil(long value, long by) {
        return (int) ((value + by - 1) / by);
    }
}
