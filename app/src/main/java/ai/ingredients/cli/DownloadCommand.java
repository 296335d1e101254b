package ai.ingredients.cli;

import ai.ingredients.hub.HubClient;
import ai.ingredients.hub.HubOptions;
import ai.ingredients.hub.Selection;
import ai.ingredients.weights.Checkpoint;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ingredients download}: a checkpoint from the Hugging Face hub. */
@Command(
        name = "download",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Downloads a model repository from the Hugging Face hub: in parallel, resumed where it "
                    + "broke off, checked. Files go to the cache that huggingface_hub uses too, or to "
                    + "--local-dir.",
            ""
        },
        footer = {
            "",
            "Environment:",
            "  HF_TOKEN (gated repositories), HF_HOME or HF_HUB_CACHE (the cache), HF_HUB_OFFLINE=1 (only what is",
            "  there), HF_ENDPOINT (a mirror), https_proxy, no_proxy; as huggingface_hub reads them.",
            "Example:",
            "  ingredients download feizhengcong/Ingredients --local-dir models/ingredients"
        })
final class DownloadCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "REPO", description = "Repository, organisation/name.")
    private String repository;

    @Option(
            names = "--revision",
            paramLabel = "R",
            defaultValue = "main",
            description = "Branch, tag or commit (default: ${DEFAULT-VALUE}).")
    private String revision;

    @Option(
            names = "--include",
            paramLabel = "PATTERN",
            description = "Only files whose path matches, for instance 'transformer/*'; repeatable.")
    private List<String> include = new ArrayList<>();

    @Option(
            names = "--variant",
            paramLabel = "NAME",
            defaultValue = "",
            description =
                    "Weights of this variant alone, such as fp16 (files *.fp16.safetensors); folders that have none"
                            + " give their plain ones.")
    private String variant = "";

    @Option(names = "--local-dir", paramLabel = "DIR", description = "Put the files here instead of the cache.")
    private @Nullable Path localDir;

    @Mixin
    private Common common;

    private final Map<String, String> environment;

    /** @param environment where HF_ENDPOINT, HF_TOKEN and HF_HOME are looked up */
    DownloadCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        boolean interactive = TerminalProgress.interactive();
        Checkpoint.checkVariant(variant);
        try (HubClient client = new HubClient(HubOptions.of(environment));
                Bytes bytes = new Bytes(err, interactive)) {
            Path folder = client.download(repository, revision, new Selection(include, variant), localDir, bytes);
            bytes.close();
            spec.commandLine().getOut().println(folder);
            return 0;
        }
    }

    /** Bytes done of bytes in all, as a bar on a terminal, as a line every tenth elsewhere. */
    private static final class Bytes implements HubClient.Progress, AutoCloseable {
        private final PrintWriter err;
        private final boolean interactive;
        private @Nullable ProgressBar bar;
        private long tenths = -1;

        Bytes(PrintWriter err, boolean interactive) {
            this.err = err;
            this.interactive = interactive;
        }

        @Override
        public synchronized void advanced(long done, long total) {
            if (interactive) {
                if (bar == null) {
                    bar = new ProgressBarBuilder()
                            .setTaskName("downloading")
                            .setInitialMax(total)
                            .setUnit(" MiB", 1 << 20)
                            .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                            .showSpeed()
                            .build();
                }
                bar.stepTo(done);
            } else if (total > 0 && done * 10 / total > tenths) {
                tenths = done * 10 / total;
                err.println(String.format(Locale.ROOT, "downloading: %d of %d MiB", done >> 20, total >> 20));
                err.flush();
            }
        }

        @Override
        public synchronized void notice(String line) {
            close(); // the bar begins anew below the line
            err.println(line);
            err.flush();
        }

        @Override
        public synchronized void close() {
            if (bar != null) {
                bar.close();
                bar = null;
            }
        }
    }
}
