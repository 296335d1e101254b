package ai.ingredients.reproduction;

import ai.ingredients.data.Mask;
import ai.ingredients.face.Face;
import ai.ingredients.inspection.CellTable;
import ai.ingredients.inspection.CellTable.Key;
import ai.ingredients.inspection.Drawing;
import ai.ingredients.inspection.PersonColour;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.ingredients.sam.PromptBox;
import ai.ingredients.sam.Sam;
import ai.ingredients.sam.SamConfig;
import ai.ingredients.sam.SamLabels;
import ai.ingredients.sam.SamPrediction;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.training.diffusion.RoutingLabels;
import ai.ingredients.transformer.RoutingLoss;
import ai.ingredients.weights.Checkpoint;
import ai.ingredients.weights.TensorStore;
import ai.ingredients.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * The paper's Figure 7: SAM's mask of every face at four thresholds of its logits, and the router labels that follow from
 * each. Above, masks in the people's colours over the picture, with the boxes that prompted them; below, whose each token
 * is, by the rule of training: who covers most of it, if that is at least half.
 *
 * <pre>{@code
 * MaskThresholdFigure figure = MaskThresholdFigure.of(
 *         Path.of("model/evaluation/sam"), // or sam_vit_b_01ec64.pth
 *         Compute.CPU_FP32,
 *         List.of(MaskThresholdScene.drawn("case 0", set.script(0), 720, 480)));
 * Png.write(folder.resolve("figure-7.png"), figure.picture());
 * figure.scores().forEach(score -> lines.add(score.line()));
 * }</pre>
 *
 * @param picture the figure
 * @param scores of the paper's thresholds, from the lowest
 */
record MaskThresholdFigure(Picture picture, List<MaskThresholdScore> scores) {
    private static final int CELL_WIDTH = 270;
    private static final double MASK_OPACITY = 0.5;
    private static final double TOKEN_OPACITY = 0.62;
    private static final int BOX_COLOUR = 0xffffff;
    private static final int LATENTS_PER_TOKEN = 2;
    private static final double LABEL_SHARE = 0.5;

    MaskThresholdFigure {
        scores = List.copyOf(scores);
    }

    /**
     * Masks of {@code scenes} at the paper's thresholds.
     *
     * @param weights of Segment Anything: an official checkpoint, or the folder of one that {@code train --stage sam} made
     * @param scenes of one size, at least one
     * @throws ai.ingredients.InvalidInputException when the weights are not there or are another network's
     * @throws ai.ingredients.OperationFailedException when this machine has no fonts
     */
    static MaskThresholdFigure of(Path weights, Compute compute, List<MaskThresholdScene> scenes) {
        Drawing.checkFonts();
        try (TensorStore store = Checkpoint.open(weights);
                Weights taken = Weights.of(store, compute)) {
            Sam sam = Sam.of(taken, SamConfig.of(store));
            taken.verify();
            List<Row> rows = new ArrayList<>();
            for (MaskThresholdScene scene : scenes) {
                rows.add(row(sam, scene));
            }
            return new MaskThresholdFigure(draw(rows), scores(rows));
        }
    }

    /** A scene's masks and labels, one of each for every threshold. */
    private record Row(MaskThresholdScene scene, List<List<Mask>> masks, List<long[]> labels, long[] trueLabels) {}

    private static Row row(Sam sam, MaskThresholdScene scene) {
        Picture picture = scene.picture();
        List<PromptBox> prompts = scene.boxes().stream()
                .map(box -> new PromptBox(box.left(), box.top(), box.right(), box.bottom()))
                .toList();
        List<List<Mask>> masks = new ArrayList<>();
        try (Scope scope = Scope.inference()) {
            SamPrediction found = sam.predict(picture, prompts, Sam.Answer.SINGLE);
            for (double threshold : SamLabels.FIGURE_7) {
                List<BitSet> bits = new SamLabels(threshold, SamLabels.Order.CELLS).masks(found);
                masks.add(bits.stream()
                        .map(one -> new Mask(picture.width(), picture.height(), one))
                        .toList());
            }
        }
        return new Row(
                scene,
                masks,
                masks.stream().map(MaskThresholdFigure::labels).toList(),
                scene.truth().isEmpty() ? new long[0] : labels(scene.truth()));
    }

    /** Whose each token is, row by row, {@link RoutingLoss#BACKGROUND} for nobody's. */
    private static long[] labels(List<Mask> masks) {
        Mask first = masks.getFirst();
        int latent = MaskThresholdScene.TOKEN / LATENTS_PER_TOKEN;
        int rows = first.height() / latent;
        int columns = first.width() / latent;
        float[] coverage = new float[masks.size() * rows * columns];
        for (int n = 0; n < masks.size(); n++) {
            float[] shares = masks.get(n).coverage(rows, columns);
            for (int i = 0; i < shares.length; i++) {
                coverage[n * shares.length + i] = 255 * shares[i];
            }
        }
        try (Scope scope = Scope.inference()) {
            return Ops.longs(RoutingLabels.of(
                    Ops.tensor(coverage, masks.size(), 1, rows, columns), LATENTS_PER_TOKEN, LABEL_SHARE));
        }
    }

    private static List<MaskThresholdScore> scores(List<Row> rows) {
        List<MaskThresholdScore> scores = new ArrayList<>();
        for (int t = 0; t < SamLabels.FIGURE_7.size(); t++) {
            int threshold = t;
            scores.add(new MaskThresholdScore(
                    SamLabels.FIGURE_7.get(t),
                    mean(rows.stream().flatMapToDouble(row -> areas(row, threshold))),
                    mean(rows.stream().flatMapToDouble(row -> overlaps(row, threshold))),
                    mean(rows.stream().mapToDouble(row -> labelled(row.labels.get(threshold)))),
                    mean(rows.stream().mapToDouble(row -> agreement(row.labels.get(threshold), row.trueLabels))),
                    mean(rows.stream().mapToDouble(row -> agreement(row.trueLabels, row.labels.get(threshold))))));
        }
        return scores;
    }

    private static double mean(DoubleStream values) {
        return values.filter(value -> !Double.isNaN(value)).average().orElse(Double.NaN);
    }

    private static DoubleStream areas(Row row, int threshold) {
        Picture picture = row.scene.picture();
        return IntStream.range(0, row.scene.boxes().size())
                .mapToDouble(n -> row.masks.get(threshold).get(n).area()
                        / row.scene.boxes().get(n).areaWithin(picture.width(), picture.height()));
    }

    private static DoubleStream overlaps(Row row, int threshold) {
        return IntStream.range(0, row.scene.truth().size())
                .mapToDouble(n -> overlap(
                        row.masks.get(threshold).get(n).bits(),
                        row.scene.truth().get(n).bits()));
    }

    private static double overlap(BitSet found, BitSet wanted) {
        BitSet both = (BitSet) found.clone();
        both.and(wanted);
        int either = found.cardinality() + wanted.cardinality() - both.cardinality();
        return either == 0 ? Double.NaN : (double) both.cardinality() / either;
    }

    private static double labelled(long[] labels) {
        return IntStream.range(0, labels.length)
                .mapToDouble(i -> labels[i] == RoutingLoss.BACKGROUND ? 0 : 1)
                .average()
                .orElse(Double.NaN);
    }

    /** The share of the labels of {@code some} that {@code others} has too; NaN without any, or where others are unknown. */
    private static double agreement(long[] some, long[] others) {
        if (some.length != others.length) {
            return Double.NaN;
        }
        return IntStream.range(0, some.length)
                .filter(i -> some[i] != RoutingLoss.BACKGROUND)
                .mapToDouble(i -> some[i] == others[i] ? 1 : 0)
                .average()
                .orElse(Double.NaN);
    }

    private static Picture draw(List<Row> rows) {
        boolean known = rows.stream().allMatch(row -> row.trueLabels.length > 0);
        List<MaskThresholdScore> scores = scores(rows);
        List<String> columns = new ArrayList<>();
        for (MaskThresholdScore score : scores) {
            String truth = known
                    ? "\noverlap %s, %s of labels right"
                            .formatted(
                                    MaskThresholdScore.number(score.overlap()),
                                    MaskThresholdScore.percent(score.right()))
                    : "";
            columns.add("logits above " + score.name() + truth);
        }
        if (known) {
            columns.add("truth");
        }
        List<String> names = new ArrayList<>();
        List<Picture> cells = new ArrayList<>();
        int most = 0;
        for (Row row : rows) {
            names.add(row.scene.name() + ", masks");
            names.add("labels");
            row.masks.forEach(masks -> cells.add(masked(row.scene, masks)));
            if (known) {
                cells.add(masked(row.scene, row.scene.truth()));
            }
            row.labels.forEach(labels -> cells.add(tokens(row.scene, labels)));
            if (known) {
                cells.add(tokens(row.scene, row.trueLabels));
            }
            most = Math.max(most, row.scene.boxes().size());
        }
        List<Key> legend = CellTable.people(
                IntStream.rangeClosed(1, most).mapToObj(n -> "person " + n).toList());
        return new CellTable(
                        "SAM's masks at four thresholds, and the router labels they make",
                        List.of("Masks are prompted with the white boxes; a token is labelled where a mask covers half"
                                + " of it or more."),
                        columns,
                        names,
                        cells,
                        legend)
                .draw();
    }

    /** The picture with each mask in its person's colour, its edge, and the box that prompted it. */
    private static Picture masked(MaskThresholdScene scene, List<Mask> masks) {
        Picture picture = scene.picture();
        byte[] rgb = picture.rgb().clone();
        int line = Math.max(1, picture.width() / CELL_WIDTH);
        for (int n = 0; n < masks.size(); n++) {
            Mask mask = masks.get(n);
            for (int at = mask.bits().nextSetBit(0); at >= 0; at = mask.bits().nextSetBit(at + 1)) {
                boolean edge = edge(mask, at % mask.width(), at / mask.width(), line);
                mix(rgb, at, PersonColour.of(n), edge ? 1 : MASK_OPACITY);
            }
        }
        for (Face.Box box : scene.boxes()) {
            outline(rgb, picture, box, line);
        }
        return fitted(new Picture(picture.width(), picture.height(), rgb));
    }

    private static boolean edge(Mask mask, int x, int y, int line) {
        return x < line
                || y < line
                || x >= mask.width() - line
                || y >= mask.height() - line
                || !mask.get(x - line, y)
                || !mask.get(x + line, y)
                || !mask.get(x, y - line)
                || !mask.get(x, y + line);
    }

    private static void outline(byte[] rgb, Picture picture, Face.Box box, int line) {
        int left = Math.clamp(Math.round(box.left()), 0, picture.width() - 1);
        int right = Math.clamp(Math.round(box.right()), 0, picture.width() - 1);
        int top = Math.clamp(Math.round(box.top()), 0, picture.height() - 1);
        int bottom = Math.clamp(Math.round(box.bottom()), 0, picture.height() - 1);
        for (int y = top; y <= bottom; y++) {
            for (int x = left; x <= right; x++) {
                if (x < left + line || x > right - line || y < top + line || y > bottom - line) {
                    mix(rgb, y * picture.width() + x, BOX_COLOUR, 1);
                }
            }
        }
    }

    /** The picture in gray, labelled tokens in their person's colour, lines between tokens. */
    private static Picture tokens(MaskThresholdScene scene, long[] labels) {
        Picture picture = scene.picture();
        int columns = picture.width() / MaskThresholdScene.TOKEN;
        byte[] rgb = picture.rgb().clone();
        for (int at = 0; at < picture.width() * picture.height(); at++) {
            int x = at % picture.width();
            int y = at / picture.width();
            int gray = (int) (0.299 * (rgb[3 * at] & 0xFF)
                    + 0.587 * (rgb[3 * at + 1] & 0xFF)
                    + 0.114 * (rgb[3 * at + 2] & 0xFF));
            mix(rgb, at, gray << 16 | gray << 8 | gray, 1);
            long owner = labels[y / MaskThresholdScene.TOKEN * columns + x / MaskThresholdScene.TOKEN];
            if (owner != RoutingLoss.BACKGROUND) {
                boolean border = x % MaskThresholdScene.TOKEN == 0 || y % MaskThresholdScene.TOKEN == 0;
                mix(rgb, at, PersonColour.of((int) owner), border ? 1 : TOKEN_OPACITY);
            }
        }
        return fitted(new Picture(picture.width(), picture.height(), rgb));
    }

    private static void mix(byte[] rgb, int pixel, int colour, double opacity) {
        for (int c = 0; c < 3; c++) {
            int tint = (colour >> (16 - 8 * c)) & 0xFF;
            rgb[3 * pixel + c] = (byte) Math.round((1 - opacity) * (rgb[3 * pixel + c] & 0xFF) + opacity * tint);
        }
    }

    private static Picture fitted(Picture picture) {
        int height = Math.max(1, Math.round((float) CELL_WIDTH * picture.height() / picture.width()));
        return Resampling.pil(picture, CELL_WIDTH, height, Resampling.PilFilter.BICUBIC);
    }
}
