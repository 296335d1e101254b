package ai.ingredients.training.loop;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.io.AtomicFile;
import ai.ingredients.io.IoReason;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Png;
import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.svg.SVGProcessor;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Figures of runs as drawings: what was measured, pale, and its moving mean on top. The paper's figure 6 is
 * {@code write(folder.resolve("losses"), List.of(routingLoss, diffusionLoss))}.
 */
public final class Curves {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 400;
    private static final int SCALE = 2; // pixels of a PNG per unit of the drawing
    /** More points than this cannot be told apart. */
    private static final int MOST_POINTS = 600;
    /** The moving mean spans this share of a curve to either side. */
    private static final double SMOOTHING = 0.02;

    private static final Color[] COLOURS = {
        new Color(0x1f5fa8), new Color(0xc8501e), new Color(0x3a8f3a), new Color(0x7b4fa3), new Color(0x8a6d1f)
    };

    private Curves() {}

    /**
     * One figure over the steps.
     *
     * @param label what the legend calls it
     * @param steps ascending
     * @param values as many; not finite ones are left out
     */
    public record Series(String label, double[] steps, double[] values) {
        public Series {
            if (steps.length != values.length) {
                throw new IllegalArgumentException(steps.length + " steps and " + values.length + " values");
            }
        }

        /** Figure {@code metric} of a run; empty when it was never logged. */
        public static Series of(String label, List<MetricsLog.Line> lines, String metric) {
            List<MetricsLog.Line> with = lines.stream()
                    .filter(line -> Double.isFinite(line.values().getOrDefault(metric, Double.NaN)))
                    .toList();
            return new Series(
                    label,
                    with.stream().mapToDouble(MetricsLog.Line::step).toArray(),
                    with.stream()
                            .mapToDouble(line -> line.values().getOrDefault(metric, Double.NaN))
                            .toArray());
        }

        Series times(double factor) {
            return new Series(
                    label,
                    steps,
                    Arrays.stream(values).map(value -> value * factor).toArray());
        }

        /** The mean over a window around each point; at the ends, over what there is of it. */
        Series smoothed() {
            int reach = (int) Math.round(values.length * SMOOTHING);
            double[] sums = new double[values.length + 1];
            for (int i = 0; i < values.length; i++) {
                sums[i + 1] = sums[i] + values[i];
            }
            double[] means = new double[values.length];
            for (int i = 0; i < means.length; i++) {
                int begin = Math.max(0, i - reach);
                int end = Math.min(means.length, i + reach + 1);
                means[i] = (sums[end] - sums[begin]) / (end - begin);
            }
            return new Series(label, steps, means);
        }

        /** At most {@value #MOST_POINTS} points: the least and the greatest value of each stretch, in their order. */
        Series thinned() {
            if (values.length <= MOST_POINTS) {
                return this;
            }
            int stretches = MOST_POINTS / 2;
            int[] kept = new int[2 * stretches];
            for (int i = 0; i < stretches; i++) {
                int begin = (int) ((long) i * values.length / stretches);
                int end = (int) ((i + 1L) * values.length / stretches);
                int least = begin;
                int greatest = begin;
                for (int at = begin; at < end; at++) {
                    least = values[at] < values[least] ? at : least;
                    greatest = values[at] > values[greatest] ? at : greatest;
                }
                kept[2 * i] = Math.min(least, greatest);
                kept[2 * i + 1] = Math.max(least, greatest);
            }
            return new Series(
                    label,
                    Arrays.stream(kept).mapToDouble(at -> steps[at]).toArray(),
                    Arrays.stream(kept).mapToDouble(at -> values[at]).toArray());
        }
    }

    /**
     * One drawing: curves over the same axes.
     *
     * @param title above it
     * @param series one or several; each with a colour of its own
     */
    public record Chart(String title, List<Series> series) {
        public Chart {
            series = List.copyOf(series);
        }

        /** Figure {@code metric} of one run, under its name. */
        public static Chart of(List<MetricsLog.Line> lines, String metric) {
            return new Chart(metric, List.of(Series.of(metric, lines, metric)));
        }
    }

    /**
     * Draws every figure of a log into {@code folder}, one {@code name.svg} and {@code name.png} each, and all whose names
     * end in {@code loss} side by side as {@code losses}.
     *
     * @throws InvalidInputException when the log cannot be read
     * @throws OperationFailedException when nothing can be drawn or written here
     */
    public static void draw(Path metrics, Path folder) {
        List<MetricsLog.Line> lines = MetricsLog.read(metrics);
        Set<String> names = new TreeSet<>();
        lines.forEach(line -> names.addAll(line.values().keySet()));
        List<Chart> losses = new ArrayList<>();
        for (String name : names) {
            Chart chart = Chart.of(lines, name);
            write(folder.resolve(name.replaceAll("[^A-Za-z0-9._-]+", "-")), List.of(chart));
            if (name.endsWith("loss")) {
                losses.add(chart);
            }
        }
        if (losses.size() > 1) {
            write(folder.resolve("losses"), losses);
        }
    }

    /**
     * Draws {@code charts} side by side.
     *
     * @param name the files are this with {@code .svg} and {@code .png}
     * @throws OperationFailedException when this machine has no fonts, or the disk is full or fails
     */
    public static void write(Path name, List<Chart> charts) {
        try {
            List<XYChart> drawings = charts.stream().map(Curves::drawing).toList();
            AtomicFile.replace(withEnding(name, ".svg"), svg(drawings));
            AtomicFile.replace(withEnding(name, ".png"), Png.encode(picture(drawings)));
        } catch (LinkageError | InternalError e) {
            throw new OperationFailedException(
                    name + ": curves cannot be drawn on this machine (" + e.getMessage()
                            + "); install fontconfig and a font such as DejaVu",
                    e);
        } catch (IOException e) {
            throw new OperationFailedException(name + ": cannot be drawn (" + IoReason.of(e) + ")", e);
        }
    }

    private static Path withEnding(Path name, String ending) {
        return name.resolveSibling(name.getFileName() + ending);
    }

    private static XYChart drawing(Chart chart) {
        DoubleSummaryStatistics range = chart.series().stream()
                .flatMapToDouble(series -> Arrays.stream(series.values()))
                .summaryStatistics();
        if (range.getCount() == 0) {
            throw new InvalidInputException("\"" + chart.title() + "\" was never logged: there is nothing to draw");
        }
        int exponent = exponent(Math.max(Math.abs(range.getMin()), Math.abs(range.getMax())));
        XYChart drawing = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(chart.title() + (exponent == 0 ? "" : " (1e" + exponent + ")"))
                .xAxisTitle("step")
                .build();
        style(drawing.getStyler(), chart.series().size() > 1);
        if (range.getMin() >= 0) {
            drawing.getStyler().setYAxisMin(0.0); // what is flat should look flat
        }
        for (int i = 0; i < chart.series().size(); i++) {
            Series series = chart.series().get(i).times(Math.pow(10, -exponent));
            if (series.values().length > 0) {
                Color colour = COLOURS[i % COLOURS.length];
                Color pale = new Color(colour.getRed(), colour.getGreen(), colour.getBlue(), 70);
                line(drawing, "raw " + i, series.thinned(), pale, 1f).setShowInLegend(false);
                line(drawing, "mean " + i, series.smoothed().thinned(), colour, 2f)
                        .setLabel(series.label());
            }
        }
        return drawing;
    }

    /** The power of 1000 that tiny and huge figures are drawn in: XChart finds no round ticks for them. */
    private static int exponent(double largest) {
        boolean plain = largest == 0 || (largest >= 0.01 && largest < 100_000);
        return plain ? 0 : 3 * (int) Math.floor(Math.log10(largest) / 3);
    }

    private static void style(XYStyler styler, boolean legend) {
        styler.setChartBackgroundColor(Color.WHITE);
        styler.setPlotBackgroundColor(Color.WHITE);
        styler.setPlotBorderVisible(false);
        styler.setPlotGridLinesColor(new Color(0xe4e4e4));
        styler.setPlotGridLinesStroke(new BasicStroke(1f));
        styler.setChartTitleBoxVisible(false);
        styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 14));
        styler.setAxisTickMarksColor(Color.GRAY);
        styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
        styler.setXAxisDecimalPattern("0");
        styler.setYAxisDecimalPattern("0.####");
        styler.setLegendVisible(legend);
        styler.setLegendPosition(Styler.LegendPosition.InsideNE);
        styler.setLegendBorderColor(Color.WHITE);
    }

    private static XYSeries line(XYChart drawing, String name, Series series, Color colour, float width) {
        XYSeries line = drawing.addSeries(name, series.steps(), series.values());
        line.setMarker(SeriesMarkers.NONE);
        line.setLineColor(colour);
        line.setLineWidth(width);
        return line;
    }

    private static byte[] svg(List<XYChart> drawings) throws IOException {
        VectorGraphics2D commands = new VectorGraphics2D();
        paint(commands, drawings);
        ByteArrayOutputStream svg = new ByteArrayOutputStream();
        new SVGProcessor()
                .getDocument(commands.getCommands(), new PageSize(0, 0, WIDTH * drawings.size(), HEIGHT))
                .writeTo(svg);
        return svg.toByteArray();
    }

    private static Picture picture(List<XYChart> drawings) {
        int width = SCALE * WIDTH * drawings.size();
        int height = SCALE * HEIGHT;
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.scale(SCALE, SCALE);
        paint(graphics, drawings);
        graphics.dispose();
        return Picture.of(image);
    }

    private static void paint(Graphics2D graphics, List<XYChart> drawings) {
        for (XYChart drawing : drawings) {
            drawing.paint(graphics, WIDTH, HEIGHT);
            graphics.translate(WIDTH, 0);
        }
    }
}
