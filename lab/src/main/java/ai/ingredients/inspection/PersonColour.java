package ai.ingredients.inspection;

/** Who is which colour; the colours of {@link ai.ingredients.pipeline.RoutingMaps}, which tints with them. */
public final class PersonColour {
    private static final int[] COLOURS = {0xe63946, 0x1d78e6, 0x2aaa5a, 0xf0a014, 0x9646c8};

    private PersonColour() {}

    /** 0xRRGGBB of person {@code n}, counted from 0; they repeat. */
    public static int of(int n) {
        return COLOURS[n % COLOURS.length];
    }
}
