package ai.ingredients.cli;

import ai.ingredients.pipeline.MemoryPlan;
import ai.ingredients.pipeline.VideoListener;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Shows how a generation goes on: a moving bar on a terminal, one line per finished stage, and one every half minute
 * within a stage, elsewhere, so that logs stay readable.
 */
final class TerminalProgress implements VideoListener, AutoCloseable {
    private static final double SECONDS_BETWEEN_LINES = 30;

    private final PrintWriter out;
    private final boolean interactive;
    private @Nullable Stage stage;
    private @Nullable ProgressBar bar;
    private int total;
    private int done;
    private long stageStarted;
    private long lastLine;
    private double secondsPerStep;
    /** What loading the stage's weights took so far. */
    private double loadingSeconds;

    TerminalProgress(PrintWriter out, boolean interactive) {
        this.out = out;
        this.interactive = interactive;
    }

    /** On the terminal when there is one to write to. */
    static TerminalProgress to(PrintWriter out) {
        return new TerminalProgress(out, interactive());
    }

    /** Whether a person is watching: Java knows of standard input and output only, the launcher of standard error, too. */
    static boolean interactive() {
        var console = System.console();
        return console != null && console.isTerminal() && System.getProperty("ingredients.progress") == null;
    }

    @Override
    public void planned(MemoryPlan memory) {
        out.println(memory.words());
        out.flush();
    }

    @Override
    public void begins(Stage next, int pieces) {
        finishStage();
        stage = next;
        total = pieces;
        done = 0;
        stageStarted = System.nanoTime();
        lastLine = stageStarted;
        loadingSeconds = 0;
        if (interactive) {
            bar = new ProgressBarBuilder()
                    .setTaskName(next.label())
                    .setInitialMax(pieces)
                    .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                    .setUpdateIntervalMillis(200)
                    .build();
        }
    }

    @Override
    public void loading(long loaded, long all) {
        loadingSeconds = secondsSince(stageStarted);
        String weights = "loading weights, " + format("%.1f", loaded / 1e9) + format(" of %.1f GB", all / 1e9);
        if (bar != null) {
            bar.setExtraMessage(" " + weights);
        } else if (loaded < all && secondsSince(lastLine) >= SECONDS_BETWEEN_LINES) {
            lastLine = System.nanoTime();
            out.println(stageLabel() + ": " + weights);
            out.flush();
        }
    }

    @Override
    public void progress(int finished) {
        done = finished;
        double perPiece = (secondsSince(stageStarted) - loadingSeconds) / Math.max(1, finished);
        if (stage == Stage.DENOISING) {
            secondsPerStep = perPiece;
        }
        if (bar != null) {
            bar.setExtraMessage(stage == Stage.DENOISING ? format(" %.2f s/step", perPiece) : "");
            bar.stepTo(finished);
        } else if (finished < total && secondsSince(lastLine) >= SECONDS_BETWEEN_LINES) {
            lastLine = System.nanoTime();
            out.println(stageLabel() + ": " + finished + "/" + total
                    + format(", %.2f s each", perPiece)
                    + format(", %.0f s left", perPiece * (total - finished)));
            out.flush();
        }
        if (finished >= total) {
            finishStage();
        }
    }

    @Override
    public void warning(String line) {
        out.println("warning: " + Wording.of(line));
        out.flush();
    }

    private String stageLabel() {
        return stage == null ? "" : stage.label();
    }

    private void finishStage() {
        if (bar != null) {
            bar.close();
            bar = null;
        } else if (stage != null) {
            String speed = stage == Stage.DENOISING ? format(", %.2f s/step", secondsPerStep) : "";
            String loading = loadingSeconds >= 0.05 ? format(", %.1f s of it loading", loadingSeconds) : "";
            out.println(stage.label() + ": " + done + "/" + total + format(" in %.1f s", secondsSince(stageStarted))
                    + speed + loading);
            out.flush();
        }
        stage = null;
    }

    private static double secondsSince(long nanoTime) {
        return Duration.ofNanos(System.nanoTime() - nanoTime).toNanos() / 1e9;
    }

    private static String format(String pattern, double value) {
        return String.format(Locale.ROOT, pattern, value);
    }

    /** Puts the terminal in order, also after a failure. */
    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
        stage = null;
    }
}
