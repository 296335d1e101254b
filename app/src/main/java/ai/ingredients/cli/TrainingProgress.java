package ai.ingredients.cli;

import ai.ingredients.training.loop.TrainingListener;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Shows how a training goes on: a moving bar on a terminal, elsewhere a line every half minute. */
final class TrainingProgress implements TrainingListener, AutoCloseable {
    private static final double SECONDS_BETWEEN_LINES = 30;

    private final PrintWriter out;
    private final boolean interactive;
    private @Nullable ProgressBar bar;
    private String stage = "";
    private long lastLine = System.nanoTime();
    private String prepared = "";
    private long preparing;
    private long doneBefore;

    private TrainingProgress(PrintWriter out, boolean interactive) {
        this.out = out;
        this.interactive = interactive;
    }

    /** On the terminal when there is one to write to. */
    static TrainingProgress to(PrintWriter out) {
        return new TrainingProgress(out, TerminalProgress.interactive());
    }

    @Override
    public void begins(String name, Path folder, long step, long steps) {
        close();
        stage = name;
        line(name + ": step " + step + " of " + steps + " in " + folder);
        if (interactive) {
            bar = new ProgressBarBuilder()
                    .setTaskName(name)
                    .setInitialMax(steps)
                    .startsFrom(step, java.time.Duration.ZERO)
                    .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                    .setUpdateIntervalMillis(500)
                    .build();
        }
    }

    @Override
    public void preparing(String what, long done, long all) {
        if (!what.equals(prepared)) {
            prepared = what;
            preparing = System.nanoTime();
            doneBefore = done;
            line(what + ": " + done + " of " + all); // at once: this may take longer than the training
        } else if (done == all || due()) {
            double each = (System.nanoTime() - preparing) / 1e9 / Math.max(1, done - doneBefore);
            line(what + ": " + done + " of " + all
                    + (done == all ? "" : ", about " + duration(each * (all - done)) + " left"));
        }
    }

    @Override
    public void step(Progress progress) {
        Double loss = progress.figures().get("loss");
        String figures = String.format(
                Locale.ROOT, " %.1f samples/s, loss %.4f", progress.samplesPerSecond(), loss == null ? 0 : loss);
        if (bar != null) {
            bar.setExtraMessage(figures);
            bar.stepTo(progress.step());
        } else if (progress.step() == progress.steps() || due()) {
            line(stage + ": step " + progress.step() + " of " + progress.steps() + "," + figures + ", "
                    + duration(progress.secondsLeft()) + " left");
        }
    }

    @Override
    public void validated(long step, Path folder, Map<String, Double> figures) {
        String shown = figures.entrySet().stream()
                .map(entry -> entry.getKey() + " " + String.format(Locale.ROOT, "%.4g", entry.getValue()))
                .collect(Collectors.joining(", "));
        line(stage + ": validation at step " + step + (shown.isEmpty() ? "" : ": " + shown) + " (" + folder + ")");
    }

    @Override
    public void warning(String text) {
        line("warning: " + Wording.of(text));
    }

    private boolean due() {
        return (System.nanoTime() - lastLine) / 1e9 >= SECONDS_BETWEEN_LINES;
    }

    private void line(String text) {
        lastLine = System.nanoTime();
        out.println(text);
        out.flush();
    }

    private static String duration(double seconds) {
        long whole = Math.round(seconds);
        return whole < 120 ? whole + " s" : whole < 7200 ? whole / 60 + " min" : whole / 3600 + " h";
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
